// A file of contacts: dropped, its columns named, tried out, sent; and the rows that did not become tasks.

import { useEffect, useRef, useState } from 'preact/hooks';
import { get, may, post, query } from '../api';
import { bytes, count, many } from '../format';
import { MEANINGS, guess, sampleOf, type Meaning, type Sample } from '../csv';
import { useLive } from '../live';
import { upload, type Reading } from '../upload';
import type { Import, Preview, RejectedRow } from '../types';
import { Card, Choice, Note, TextField, useDoing } from './ui';

export interface Chosen {
  file: File;
  sample: Sample;
  columns: Partial<Record<Meaning, string>>;
  region: string;
  encoding: string;
  duplicates: string;
}

/** What was chosen, as the API is told how to read it. */
export function readingOf(chosen: Chosen): Reading {
  const columns = Object.fromEntries(MEANINGS.map(([meaning]) => [meaning, chosen.columns[meaning] ?? null]));
  return {
    columns,
    duplicates: chosen.duplicates,
    ...(chosen.region ? { region: chosen.region.toUpperCase() } : {}),
    ...(chosen.encoding ? { encoding: chosen.encoding } : {}),
  };
}

/** Where a file is dropped or chosen. */
export function Drop({ chosen, choose }: { chosen: Chosen | null; choose: (chosen: Chosen) => void }) {
  const [isOver, setOver] = useState(false);
  const doing = useDoing();
  const input = useRef<HTMLInputElement>(null);
  const take = (file: File | undefined) => {
    if (!file) return;
    void doing.run(async () => {
      const sample = await sampleOf(file);
      choose({
        file,
        sample,
        columns: guess(sample.header),
        region: chosen?.region ?? '',
        encoding: '',
        duplicates: chosen?.duplicates ?? 'skip',
      });
    });
  };
  return (
    <>
      <div
        class={`drop ${isOver ? 'over' : ''}`}
        onDragOver={(event) => {
          event.preventDefault();
          setOver(true);
        }}
        onDragLeave={() => setOver(false)}
        onDrop={(event) => {
          event.preventDefault();
          setOver(false);
          take(event.dataTransfer?.files[0]);
        }}
      >
        {chosen ? (
          <strong>
            {chosen.file.name} <span class="soft">({bytes(chosen.file.size)})</span>
          </strong>
        ) : (
          <strong>Drop a CSV here</strong>
        )}
        <span>One contact per row, the first row names the columns. Any size.</span>
        <button type="button" onClick={() => input.current?.click()}>
          {chosen ? 'Choose another file' : 'Choose a file'}
        </button>
        <input
          ref={input}
          class="hidden-text"
          type="file"
          tabIndex={-1}
          accept=".csv,text/csv,text/plain"
          aria-label="A CSV file with contacts"
          onChange={(event) => {
            take(event.currentTarget.files?.[0]);
            event.currentTarget.value = '';
          }}
        />
      </div>
      {doing.error && <Note tone="bad">{doing.error.message}</Note>}
    </>
  );
}

/** Which column means what. It is guessed by the names, and can be said. */
export function Mapping({ chosen, choose }: { chosen: Chosen; choose: (chosen: Chosen) => void }) {
  const { sample, columns } = chosen;
  const set = (meaning: Meaning, name: string) => {
    const rest = { ...columns };
    delete rest[meaning];
    choose({ ...chosen, columns: name ? { ...rest, [meaning]: name } : rest });
  };
  const names = sample.header.filter(Boolean);
  const meant = (name: string) => MEANINGS.find(([meaning]) => columns[meaning] === name)?.[1];
  return (
    <div class="stack">
      <div class="fields">
        {MEANINGS.map(([meaning, text]) => (
          <Choice
            key={meaning}
            label={text}
            value={columns[meaning] ?? ''}
            set={(name) => set(meaning, name)}
            wrong={meaning === 'phone' && !columns.phone ? 'Say which column holds the number.' : null}
            options={[
              ['', meaning === 'phone' ? 'Choose a column …' : 'No such column'],
              ...names.map((name): [string, string] => [name, name]),
            ]}
          />
        ))}
        <TextField
          label="Country of numbers without +"
          hint="Two letters, like ES. Empty: such rows are rejected."
          value={chosen.region}
          set={(region) => choose({ ...chosen, region })}
          input={{ maxLength: 2, placeholder: 'none' }}
        />
        <Choice
          label="A number that comes twice"
          value={chosen.duplicates}
          set={(duplicates) => choose({ ...chosen, duplicates })}
          options={[
            ['skip', 'is called once, the repetition left out'],
            ['update', 'is called once, with its last row'],
            ['allow', 'is called once for each row'],
          ]}
        />
        <Choice
          label="Encoding"
          value={chosen.encoding}
          set={(encoding) => choose({ ...chosen, encoding })}
          options={[
            ['', 'UTF-8, or as the file says'],
            ['windows-1252', 'Windows-1252'],
            ['iso-8859-15', 'ISO 8859-15'],
            ['utf-16', 'UTF-16'],
          ]}
        />
      </div>
      <div class="scroll card" tabIndex={0} role="region" aria-label="First rows of the file">
        <table>
          <caption class="hidden-text">The first rows of {chosen.file.name}</caption>
          <thead>
            <tr>
              {sample.header.map((name, place) => (
                <th key={place} scope="col">
                  {name || <em>no name</em>}
                  <br />
                  <span class="small">{meant(name) ?? (name ? `{{${name}}}` : 'not used')}</span>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {sample.rows.map((row, place) => (
              <tr key={place}>
                {sample.header.map((_, column) => (
                  <td key={column}>{row[column]}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </div>
  );
}

export interface Report {
  rows: number;
  accepted: number;
  rejected: number;
  duplicates: number;
  updated: number;
  rejected_rows: RejectedRow[];
  preview: Preview[];
}

/** A file up to this size is judged with one request. */
const AT_ONCE = 1_000_000;

/** Have every row judged, and nothing written. */
export async function tryOut(
  campaignId: string,
  chosen: Chosen,
  onProgress: (part: number) => void,
  signal: AbortSignal,
): Promise<Report> {
  const { columns, encoding, ...reading } = readingOf(chosen);
  if (chosen.file.size <= AT_ONCE && !encoding && chosen.sample) {
    const named = Object.fromEntries(
      Object.entries(columns).map(([meaning, name]) => [`${meaning}_column`, name ?? '']),
    );
    // An empty parameter says that there is no such column: `query` would leave it out.
    const path = `/campaigns/${campaignId}/imports?${new URLSearchParams({ file: 'contacts.csv', dry_run: 'true', ...(reading as Record<string, string>), ...named })}`;
    try {
      return (
        await post<{ dry_run: Report }>(path, undefined, {
          raw: chosen.file,
          headers: { 'Content-Type': 'text/csv' },
          signal,
        })
      ).dry_run;
    } catch (error) {
      if (!/10,000|10000|UTF-8/.test((error as Error).message)) throw error;
    }
  }
  const job = await upload(
    campaignId,
    chosen.file,
    { columns, encoding, ...reading, dry_run: true },
    onProgress,
    signal,
  );
  const done = await ended(job.id, () => {}, signal);
  if (done.status === 'failed') throw new Error(done.reason ?? 'The file could not be read.');
  const [{ rows }, { preview }] = await Promise.all([
    get<{ rows: RejectedRow[] }>(query(`/imports/${job.id}/rows`, { limit: 100 })),
    get<{ preview: Preview[] }>(`/imports/${job.id}/preview`),
  ]);
  return { ...done, rejected_rows: rows, preview };
}

/** Look at an import until it is over. */
export async function ended(
  importId: string,
  onLook: (job: Import) => void,
  signal: AbortSignal,
): Promise<Import> {
  for (;;) {
    const job = await get<Import>(`/imports/${importId}`, signal);
    onLook(job);
    if (['completed', 'failed'].includes(job.status)) return job;
    await new Promise((done) => setTimeout(done, 700));
    signal.throwIfAborted();
  }
}

/** What would become of the rows, before anything is written. */
export function ReportView({ report }: { report: Report }) {
  return (
    <div class="stack">
      <dl class="tiles">
        <div class="tile">
          <dt>Rows</dt>
          <dd>{count(report.rows)}</dd>
        </div>
        <div class="tile">
          <dt>
            <i class="dot completed" />
            Become tasks
          </dt>
          <dd>{count(report.accepted)}</dd>
        </div>
        <div class="tile">
          <dt>
            <i class="dot failed" />
            Rejected
          </dt>
          <dd>{count(report.rejected)}</dd>
        </div>
        <div class="tile">
          <dt>
            <i class="dot missed" />
            Duplicates
          </dt>
          <dd>
            {count(report.duplicates)}
            {report.updated ? <small> {count(report.updated)} update</small> : null}
          </dd>
        </div>
      </dl>
      {report.preview.length > 0 && (
        <section class="stack tight">
          <h2 class="h3">What the agent is told</h2>
          {report.preview.slice(0, 5).map((one) => (
            <details key={one.line} open={one === report.preview[0]}>
              <summary>
                Line {one.line}, {one.phone}
              </summary>
              <pre class="text" tabIndex={0} aria-label={`Prompt for line ${one.line}`}>
                {one.prompt ?? 'The agent is gone, or this prompt is too long.'}
              </pre>
            </details>
          ))}
        </section>
      )}
      {report.rejected_rows.length > 0 && (
        <section class="stack tight">
          <h2 class="h3">Rows that do not become tasks</h2>
          <Rows rows={report.rejected_rows} />
        </section>
      )}
    </div>
  );
}

function Rows({ rows }: { rows: RejectedRow[] }) {
  return (
    <div class="scroll card" tabIndex={0} role="region" aria-label="Rows that do not become tasks">
      <table>
        <thead>
          <tr>
            <th scope="col">Line</th>
            <th scope="col">Column</th>
            <th scope="col">Value</th>
            <th scope="col">What to do</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.line}>
              <td>{row.line}</td>
              <td>{row.column ?? '–'}</td>
              <td class="mono">{row.value ?? '–'}</td>
              <td>{row.message}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** A file on its way: sent, then imported. */
export function Sending({ part, job }: { part: number; job: Import | null }) {
  const text = job
    ? `Importing: ${count(job.rows)}${job.total ? ` of ${count(job.total)}` : ''} rows`
    : `Sending the file: ${Math.round(part * 100)} %`;
  const value = job ? (job.total ? job.rows / job.total : undefined) : part;
  return (
    <div class="stack tight" role="status">
      <span>{text}</span>
      <progress value={value} max={1} aria-label={text} />
    </div>
  );
}

/** The imports of a campaign, with what was rejected and the file to correct it. */
export function Imports({ campaignId, isLive }: { campaignId: string; isLive: boolean }) {
  const { data } = useLive(
    (signal) => get<{ imports: Import[] }>(`/campaigns/${campaignId}/imports`, signal),
    [campaignId, 'imports'],
    isLive ? 3000 : 10_000,
  );
  const shown = (data?.imports ?? [])
    .filter((one) => !one.options.dry_run && one.status !== 'waiting')
    .reverse();
  if (!shown.length) return null;
  return (
    <Card title="Files of contacts" flush>
      <div class="scroll" tabIndex={0} role="region" aria-label="Files of contacts">
        <table>
          <thead>
            <tr>
              <th scope="col">File</th>
              <th scope="col">State</th>
              <th scope="col" class="right">
                Rows
              </th>
              <th scope="col" class="right">
                Tasks
              </th>
              <th scope="col" class="right">
                Rejected
              </th>
              <th scope="col" class="right">
                Duplicates
              </th>
              <th scope="col">Correct</th>
            </tr>
          </thead>
          <tbody>
            {shown.map((one) => (
              <ImportRow key={one.id} job={one} />
            ))}
          </tbody>
        </table>
      </div>
    </Card>
  );
}

function ImportRow({ job }: { job: Import }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <tr>
        <td>{job.file}</td>
        <td>
          {job.status}
          {job.reason && (
            <span class="small soft">
              <br />
              {job.reason}
            </span>
          )}
        </td>
        <td class="right">{count(job.rows)}</td>
        <td class="right">{count(job.accepted)}</td>
        <td class="right">{count(job.rejected)}</td>
        <td class="right">{count(job.duplicates)}</td>
        <td class="nowrap">
          {job.rejected + job.duplicates > 0 && (
            <button type="button" class="plain" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
              {isOpen ? 'Hide rows' : 'Show rows'}
            </button>
          )}
          {job.rejected > 0 && may('push') && <Correction job={job} />}
        </td>
      </tr>
      {isOpen && (
        <tr class="expand">
          <td colSpan={7}>
            <div class="expand-in">
              <RejectedRows job={job} />
            </div>
          </td>
        </tr>
      )}
    </>
  );
}

function RejectedRows({ job }: { job: Import }) {
  const { data } = useLive(
    (signal) =>
      get<{ rows: RejectedRow[]; next_cursor: string | null }>(
        query(`/imports/${job.id}/rows`, { limit: 100 }),
        signal,
      ),
    [job.id, job.rows],
    60_000,
  );
  if (!data) return <p class="soft">Loading …</p>;
  return (
    <div class="stack tight">
      <Rows rows={data.rows} />
      {data.next_cursor && (
        <p class="soft small">These are the first {data.rows.length}. The correction file has all of them.</p>
      )}
    </div>
  );
}

interface Export {
  id: string;
  status: string;
  reason: string | null;
  file: string;
  download: { url: string } | null;
}

/** Have a file written, and take it as soon as it is there. */
export async function download(campaignId: string, wanted: Record<string, unknown>): Promise<void> {
  const asked = await post<Export>(`/campaigns/${campaignId}/exports`, wanted);
  for (;;) {
    const found = await get<Export>(`/campaigns/${campaignId}/exports/${asked.id}`);
    if (found.status === 'failed') throw new Error(found.reason ?? 'The file could not be written.');
    if (found.download) {
      const link = document.createElement('a');
      link.href = found.download.url;
      link.download = found.file;
      link.click();
      return;
    }
    await new Promise((done) => setTimeout(done, 700));
  }
}

/** The rows that were rejected, as they stand in the file and with what is wrong, to be corrected. */
export function Correction({ job }: { job: Import }) {
  const doing = useDoing();
  return (
    <>
      <button
        type="button"
        class="plain"
        disabled={doing.isBusy}
        onClick={() =>
          void doing.run(() => download(job.campaign_id, { what: 'rejected_rows', import_id: job.id }))
        }
      >
        {doing.isBusy ? 'Being written …' : 'Download correction file'}
      </button>
      {doing.error && <span class="small">{doing.error.message}</span>}
    </>
  );
}

/** Stops what is on its way when the page is left. */
export function useStop(): AbortSignal {
  const stop = useRef(new AbortController());
  useEffect(() => () => stop.current.abort(), []);
  return stop.current.signal;
}

/** A file for a campaign that is there: choose, try out, send. */
export function AddContacts({ campaignId, done }: { campaignId: string; done: (job: Import) => void }) {
  const [chosen, setChosen] = useState<Chosen | null>(null);
  const [report, setReport] = useState<Report | null>(null);
  const [part, setPart] = useState<number | null>(null);
  const [job, setJob] = useState<Import | null>(null);
  const doing = useDoing();
  const signal = useStop();
  const choose = (next: Chosen) => {
    setChosen(next);
    setReport(null);
    doing.clear();
  };
  const judge = () =>
    chosen &&
    doing.run(async () =>
      setReport(await tryOut(campaignId, chosen, setPart, signal).finally(() => setPart(null))),
    );
  const send = () =>
    chosen &&
    doing.run(async () => {
      setPart(0);
      const sent = await upload(campaignId, chosen.file, readingOf(chosen), setPart, signal);
      const over = await ended(sent.id, setJob, signal);
      setPart(null);
      if (over.status === 'failed') throw new Error(over.reason ?? 'The file could not be imported.');
      done(over);
    });
  return (
    <div class="stack">
      <Drop chosen={chosen} choose={choose} />
      {chosen && <Mapping chosen={chosen} choose={choose} />}
      {report && <ReportView report={report} />}
      {part !== null && <Sending part={part} job={job} />}
      {doing.error && <Note tone="bad">{doing.error.message}</Note>}
      {chosen && (
        <div class="actions">
          <button type="button" disabled={doing.isBusy || !chosen.columns.phone} onClick={() => void judge()}>
            {doing.isBusy && part === null ? 'Checking …' : 'Check the file'}
          </button>
          <button
            type="button"
            class="main-act"
            disabled={doing.isBusy || !report?.accepted}
            onClick={() => void send()}
          >
            {report ? `Import ${many(report.accepted, 'contact')}` : 'Import'}
          </button>
        </div>
      )}
    </div>
  );
}
