// A new realtime campaign: its basics, then all that a program needs to push tasks into it.

import { useState } from 'preact/hooks';
import { BASE, get, may, post } from '../api';
import { useOnce } from '../live';
import { Bones, Card, Code, Note, PageHead, Tabs, Wrong, useDoing } from '../parts/ui';
import { go } from '../router';
import { Basics, EMPTY, Times, bodyOf, useDirectory, type Directory, type Form } from '../settings';
import type { Campaign } from '../types';

export function Realtime() {
  const known = useDirectory();
  const crumb = { href: '#/campaigns', text: 'Campaigns' };
  return (
    <div class="wizard">
      <PageHead title="New realtime campaign" crumb={crumb} />
      {known.error ? (
        <Wrong error={known.error} retry={known.refresh} />
      ) : known.data ? (
        <New known={known.data} />
      ) : (
        <Bones />
      )}
    </div>
  );
}

function New({ known }: { known: Directory }) {
  const [draft, setDraft] = useState({
    ...EMPTY,
    agent_id: known.agents[0]?.id ?? '',
    caller_id: known.numbers.find((one) => one.has_outbound_trunk)?.phone ?? '',
    attempts: '1',
  });
  const doing = useDoing();
  const form: Form = {
    draft,
    error: doing.error,
    set: (changes) => {
      setDraft({ ...draft, ...changes });
      doing.clear();
    },
  };
  const create = () =>
    doing.run(async () => {
      const body = bodyOf(draft);
      // Without an agent of its own it leaves all rules to its tasks.
      const all =
        draft.agent_id && draft.caller_id
          ? body
          : {
              name: body.name,
              priority: body.priority,
              timezone: body.timezone,
              prompt: body.prompt,
              start_at: body.start_at,
              end_at: body.end_at,
              concurrency_limit: body.concurrency_limit,
            };
      const made = await post<Campaign>('/campaigns', { ...all, type: 'realtime' });
      go(`/campaigns/${made.id}/connect`);
    });
  return (
    <form
      class="card"
      onSubmit={(event) => {
        event.preventDefault();
        void create();
      }}
    >
      <div class="in stack">
        <Basics form={form} known={known} kind="realtime" />
        <details>
          <summary>Times and limits</summary>
          <div style={{ paddingTop: '14px' }}>
            <Times form={form} />
          </div>
        </details>
        {doing.error && <Note tone="bad">{doing.error.message}</Note>}
      </div>
      <div class="foot">
        <span />
        <button class="main-act" disabled={doing.isBusy || !draft.name.trim()}>
          Create
        </button>
      </div>
    </form>
  );
}

/** How a program pushes tasks: id, key, and samples that work as they are. */
export function Connect({ campaignId }: { campaignId: string }) {
  const { data: campaign, error } = useOnce(
    (signal) => get<Campaign>(`/campaigns/${campaignId}?dialect=native`, signal),
    [campaignId],
  );
  const known = useDirectory();
  const [key, setKey] = useState<string | null>(null);
  const [language, choose] = useState('curl');
  const doing = useDoing();
  const crumb = { href: `#/campaigns/${campaignId}`, text: campaign?.name ?? 'Campaign' };
  if (error)
    return (
      <>
        <PageHead title="Push tasks" crumb={crumb} />
        <Wrong error={error} />
      </>
    );
  if (!campaign || !known.data)
    return (
      <>
        <PageHead title="Push tasks" crumb={crumb} />
        <Bones />
      </>
    );
  const shownKey = key ?? '<your API key>';
  const body = sampleFor(campaign, known.data);
  const make = () =>
    doing.run(async () => {
      const made = await post<{ api_key: string }>('/keys', {
        name: `${campaign.name}: push`.slice(0, 100),
        scope: 'push',
      });
      setKey(made.api_key);
    });
  return (
    <div class="wizard stack">
      <PageHead
        title="Push tasks"
        crumb={crumb}
        under={
          <span>A task is one contact to be called. Your program sends it the moment it knows of it.</span>
        }
      />
      <Card title="1. Campaign id">
        <Code text={campaign.id} label="campaign id" />
      </Card>
      <Card title="2. A key for your program">
        <div class="stack">
          {key ? (
            <>
              <Note tone="warn">Take it now: it is shown this once.</Note>
              <Code text={key} label="API key" />
            </>
          ) : (
            <p>
              It may bring tasks and files of contacts, and change nothing else. It is shown once. A key that
              you have already works, too.
            </p>
          )}
          {!key && may('manage') && (
            <div class="actions">
              <button type="button" class="main-act" disabled={doing.isBusy} onClick={() => void make()}>
                Make a key
              </button>
            </div>
          )}
          {doing.error && <Note tone="bad">{doing.error.message}</Note>}
        </div>
      </Card>
      <Card title="3. Send a task">
        <div class="stack">
          <p>
            Replace the number by one of yours, and it rings. What stands in <code>context</code> fills the
            prompt. Sent again with the same <code>Idempotency-Key</code>, a task is not made twice.
          </p>
          <Tabs
            tabs={[
              ['curl', 'curl'],
              ['python', 'Python'],
            ]}
            chosen={language}
            choose={choose}
          />
          <div role="tabpanel" id={`panel-${language}`} aria-labelledby={`tab-${language}`}>
            {language === 'curl' ? (
              <Code text={curl(shownKey, body)} label="curl sample" />
            ) : (
              <Code text={python(shownKey, body)} label="Python sample" />
            )}
          </div>
        </div>
      </Card>
      <div class="actions">
        <a class="button" href={`#/campaigns/${campaign.id}`}>
          To the campaign
        </a>
      </div>
    </div>
  );
}

/** What stands between the braces of a prompt. */
const PLACES = /\{\{\s*([^{}\s]+)\s*\}\}|\$\{([^{}]+)\}/g;

/** A body that works as soon as a number of yours stands in it: what the campaign leaves open is filled in. */
function sampleFor(campaign: Campaign, { agents, numbers }: Directory): Record<string, unknown> {
  const agent = agents.find((one) => one.id === campaign.agent_id) ?? agents.find((one) => one.is_active);
  const from = numbers.find((one) => one.has_outbound_trunk)?.phone;
  const own = campaign.agent_id
    ? {}
    : { agent: agent?.id ?? '<an agent’s id>', from: from ?? '<a number of yours>' };
  const places = [...`${agent?.prompt ?? ''} ${campaign.prompt}`.matchAll(PLACES)].map(
    (found) => found[1] ?? found[2] ?? '',
  );
  const context = Object.fromEntries(
    [...new Set(places)].map((name) => [name, name === 'name' ? 'Zoe' : `<${name}>`]),
  );
  return { campaign: campaign.id, phone: '+34600000000', ...own, context };
}

function curl(key: string, body: Record<string, unknown>): string {
  const json = JSON.stringify(body, null, 2).replaceAll("'", '’').split('\n').join('\n  ');
  return `curl ${BASE}/tasks \\\n  -H 'Authorization: Bearer ${key}' \\\n  -H 'Content-Type: application/json' \\\n  -H "Idempotency-Key: $(date +%s)" \\\n  -d '${json}'\n`;
}

function python(key: string, body: Record<string, unknown>): string {
  const json = JSON.stringify(body, null, 4);
  return `import json, urllib.request, uuid\n\ntask = ${json}\n\nrequest = urllib.request.Request(\n    "${BASE}/tasks",\n    data=json.dumps(task).encode(),\n    headers={\n        "Authorization": "Bearer ${key}",\n        "Content-Type": "application/json",\n        "Idempotency-Key": str(uuid.uuid4()),\n    },\n)\nwith urllib.request.urlopen(request) as answer:\n    print(json.load(answer)["task"]["id"])\n`;
}
