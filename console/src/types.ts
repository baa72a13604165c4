// What the API answers, as far as the console shows it; /docs has all of it.

export interface Hours {
  start: string;
  end: string;
  days: string[];
  timezone: string;
  is_every_day: boolean;
}

export interface Progress {
  total: number;
  queued: number;
  running: number;
  paused: number;
  completed: number;
  archived: number;
  calls: number;
  outcomes: Record<string, number>;
  last_finished_at: string | null;
}

export interface Rules {
  agent_id: string | null;
  caller_id: string | null;
  calling_hours: Hours | null;
  max_attempts: number | null;
  retry_intervals_ms: number[] | null;
  retry_outcomes: string[] | null;
  priorities: number[] | null;
  callbacks_outside_hours: boolean | null;
}

export type CampaignStatus = 'draft' | 'scheduled' | 'running' | 'paused' | 'completed' | 'archived';

export interface Campaign extends Rules {
  id: string;
  name: string;
  type: 'batch' | 'realtime';
  status: CampaignStatus;
  priority: string;
  timezone: string;
  start_at: string | null;
  end_at: string | null;
  concurrency_limit: number | null;
  prompt: string;
  daily_budget: { attempts: number | null; minutes: number | null; cost: Record<string, string> };
  paused_for: string | null;
  progress: Progress;
  created_at: string;
  version: number;
}

export interface Point {
  at: string;
  reached: number;
  missed: number;
  failed: number;
}

export interface Activity {
  step_s: number;
  points: Point[];
  attempts: { attempt: number; calls: number; outcomes: Record<string, number> }[];
}

export interface Utterance {
  role: string;
  text: string;
  at_s: number | null;
}

export interface Call {
  id: string;
  task_id: string;
  campaign_id: string;
  attempt: number;
  status: string;
  outcome: string | null;
  is_permanent: boolean;
  reason: string | null;
  agent_id: string | null;
  from: string | null;
  to: string | null;
  carrier: string | null;
  carrier_call_id: string | null;
  reserved_at: string;
  dialed_at: string | null;
  answered_at: string | null;
  ended_at: string | null;
  duration_s: number | null;
  callback_at: string | null;
  cost: string | null;
  recording_url: string | null;
  transcript: Utterance[];
  analysis: Record<string, unknown>;
  is_erased: boolean;
}

export type TaskStatus = 'queued' | 'running' | 'paused' | 'completed' | 'archived';

export interface Task {
  id: string;
  campaign_id: string;
  phone: string;
  status: TaskStatus;
  next_attempt_at: string | null;
  waiting_for: string | null;
  is_callback: boolean;
  attempts: number;
  outcome: string | null;
  reason: string | null;
  is_erased: boolean;
  external_id: string | null;
  context: Record<string, string>;
  current_call: Call | null;
  created_at: string;
}

export interface TaskDetails extends Task {
  submitted: Record<string, unknown>;
  effective: Rules & { start_at: string | null; end_at: string | null };
  prompt: string | null;
}

export interface Agent {
  id: string;
  name: string;
  carrier: string;
  prompt: string;
  custom_outcomes: string[];
  offers_callbacks: boolean;
  ring_timeout_s: number;
  max_duration_s: number;
  is_active: boolean;
}

export interface CallerNumber {
  phone: string;
  carrier: string;
  name: string | null;
  has_outbound_trunk: boolean;
}

export interface Import {
  id: string;
  campaign_id: string;
  file: string;
  status: 'waiting' | 'running' | 'completed' | 'failed';
  reason: string | null;
  rows: number;
  accepted: number;
  rejected: number;
  duplicates: number;
  updated: number;
  total: number | null;
  options: { dry_run: boolean };
  created_at: string;
}

export interface RejectedRow {
  line: number;
  code: string;
  message: string;
  column: string | null;
  value: string | null;
}

export interface Preview {
  line: number;
  phone: string;
  prompt: string | null;
}

export interface ApiKey {
  id: string;
  name: string;
  scope: 'read' | 'push' | 'manage';
  requests_per_minute: number;
  created_at: string;
}

export interface Workspace {
  id: string;
  name: string;
  concurrency_limit: number;
  calls_per_second: number | null;
  carrier_rests: { carrier: string; until: string }[];
  created_at: string;
}

export interface Carrier {
  name: string;
  kind: string;
  state: 'ready' | 'resting' | 'paused';
  reason: string | null;
  rests_until: string | null;
  webhook_url: string;
}

export interface Letter {
  message_id: string;
  sent_at: string;
  kind: string | null;
  ids: Record<string, string>;
  reason: { error: string; message: string; function: string; receives: number; at: string } | null;
}
