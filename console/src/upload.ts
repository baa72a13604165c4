// A file goes straight to the bucket, to the address that the API gives, and tells how far it is.

import { post } from './api';
import type { Import } from './types';

interface Target {
  import: Import;
  upload: { url: string; headers: Record<string, string> } | null;
  upload_parts: { parts: { number: number; bytes: number; url: string }[] } | null;
}

/** Larger files are sent in parts, so that what fails is repeated alone. */
const IN_PARTS_FROM = 20 * 1024 * 1024;
const TRIES = 4;

export interface Reading {
  columns: Record<string, string | null>;
  region?: string;
  encoding?: string;
  duplicates?: string;
  dry_run?: boolean;
}

/** Announce a file and send it; gives the import that it became. */
export async function upload(
  campaignId: string,
  file: File,
  reading: Reading,
  onProgress: (part: number) => void,
  signal?: AbortSignal,
): Promise<Import> {
  const isLarge = file.size >= IN_PARTS_FROM;
  const name = /\.csv$/i.test(file.name) ? file.name.replace(/\.csv$/i, '.csv') : `${file.name}.csv`;
  const target = await post<Target>(`/campaigns/${campaignId}/imports`, {
    file: name,
    ...reading,
    ...(isLarge ? { bytes: file.size } : {}),
  });
  if (target.upload_parts) {
    let start = 0;
    for (const part of target.upload_parts.parts) {
      const piece = file.slice(start, start + part.bytes);
      const before = start;
      await patiently(() =>
        send(part.url, {}, piece, (sent) => onProgress((before + sent) / file.size), signal),
      );
      start += part.bytes;
    }
    return post<Import>(`/imports/${target.import.id}/upload`);
  }
  await patiently(() =>
    send(
      target.upload!.url,
      target.upload!.headers,
      file,
      (sent) => onProgress(sent / Math.max(file.size, 1)),
      signal,
    ),
  );
  return target.import;
}

async function patiently(act: () => Promise<void>): Promise<void> {
  for (let turn = 1; ; turn += 1) {
    try {
      return await act();
    } catch (error) {
      if (turn === TRIES || (error as Error).name === 'AbortError') throw error;
      await new Promise((done) => setTimeout(done, 500 * 2 ** turn));
    }
  }
}

/** `fetch` does not tell how much was sent; this older way does. */
function send(
  url: string,
  headers: Record<string, string>,
  body: Blob,
  onSent: (bytes: number) => void,
  signal?: AbortSignal,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open('PUT', url);
    Object.entries(headers).forEach(([name, value]) => request.setRequestHeader(name, value));
    request.upload.onprogress = (event) => onSent(event.loaded);
    request.onload = () =>
      request.status < 300
        ? resolve()
        : reject(new Error(`The bucket refused the file (${request.status}): choose it again.`));
    request.onerror = () => reject(new Error('The file could not be sent: the connection broke. Try again.'));
    request.onabort = () => reject(new DOMException('stopped', 'AbortError'));
    signal?.addEventListener('abort', () => request.abort());
    request.send(body);
  });
}
