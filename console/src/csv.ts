// The first rows of a file, to show them and to guess its columns. The service reads the file itself.

export type Meaning = 'phone' | 'timezone' | 'start_after' | 'priority' | 'external_id';

export const MEANINGS: [Meaning, string][] = [
  ['phone', 'Phone number'],
  ['external_id', 'Your id for the contact'],
  ['timezone', 'Time zone'],
  ['start_after', 'No call before'],
  ['priority', 'Priority'],
];

/** Names by which a column is found, surest first, as `docs/imports.md` has them. */
const NAMES: Record<Meaning, string[][]> = {
  phone: [
    ['phone'],
    [
      'phonenumber',
      'phoneno',
      'mobile',
      'mobilenumber',
      'mobilephone',
      'cell',
      'cellphone',
      'telephone',
      'tel',
      'msisdn',
      'whatsapp',
      'contactnumber',
      'e164',
      'telefono',
      'movil',
      'celular',
      'telefon',
      'telefonnummer',
      'handy',
      'handynummer',
      'mobil',
      'rufnummer',
      'portable',
      'telefone',
      'cellulare',
      'telefoon',
    ],
    ['number', 'nummer', 'numero'],
  ],
  timezone: [['timezone'], ['tz', 'zonahoraria', 'fuseauhoraire', 'zeitzone']],
  start_after: [['startafter'], ['startat', 'starttime', 'earlieststart', 'notbefore', 'callafter']],
  priority: [['priority'], ['prio']],
  external_id: [['externalid'], ['extid']],
};

const bare = (name: string) =>
  name
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]/gu, '');

export interface Sample {
  header: string[];
  rows: string[][];
  delimiter: string;
}

/** How much of a file is looked at. */
export const LOOKED_AT = 64 * 1024;

/** The first lines of a file; throws where it is no text that we can read. */
export async function sampleOf(file: File): Promise<Sample> {
  const raw = new Uint8Array(await file.slice(0, LOOKED_AT).arrayBuffer());
  const isWide = (raw[0] === 0xff && raw[1] === 0xfe) || (raw[0] === 0xfe && raw[1] === 0xff);
  const coding = isWide ? (raw[0] === 0xff ? 'utf-16le' : 'utf-16be') : 'utf-8';
  if (!isWide && raw.includes(0))
    throw new Error('This is no CSV: save the sheet as CSV (UTF-8) and choose that file.');
  const text = new TextDecoder(coding).decode(raw);
  const records = recordsIn(text, raw.length < file.size);
  const [header, ...rows] = records.rows;
  if (!header || !header.some((name) => name.trim())) throw new Error('The file is empty.');
  return { header: header.map((name) => name.trim()), rows: rows.slice(0, 5), delimiter: records.delimiter };
}

function recordsIn(text: string, isCut: boolean): { rows: string[][]; delimiter: string } {
  const first = text.slice(0, text.search(/[\r\n]|$/));
  const delimiter = [',', ';', '\t', '|']
    .map((one) => ({ one, times: first.split(one).length }))
    .sort((a, b) => b.times - a.times)[0]!.one;
  const rows: string[][] = [];
  let row: string[] = [];
  let cell = '';
  let isQuoted = false;
  const endRow = () => {
    row.push(cell);
    if (row.some(Boolean)) rows.push(row);
    [row, cell] = [[], ''];
  };
  for (let at = 0; at < text.length && rows.length < 8; at += 1) {
    const letter = text[at]!;
    if (isQuoted) {
      if (letter !== '"') cell += letter;
      else if (text[at + 1] === '"') cell += text[at++];
      else isQuoted = false;
    } else if (letter === '"' && !cell) isQuoted = true;
    else if (letter === delimiter) cell = (row.push(cell), '');
    else if (letter === '\n' || letter === '\r') endRow();
    else cell += letter;
  }
  if (!isCut && rows.length < 8) endRow();
  return { rows, delimiter };
}

/** Which column holds what, by its name; of two that are meant equally, none. */
export function guess(header: string[]): Partial<Record<Meaning, string>> {
  const found: Partial<Record<Meaning, string>> = {};
  for (const [meaning] of MEANINGS) {
    for (const group of NAMES[meaning]) {
      const named = header.filter((name) => group.includes(bare(name)));
      if (named.length === 1) found[meaning] = named[0];
      if (named.length) break;
    }
  }
  return found;
}
