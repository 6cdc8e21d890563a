// Requests to the API. A document is asked for with the tag of the one at hand, so most polls carry nothing.

/** An answer that is no document. */
export class Problem extends Error {
  readonly status: number; // 0: no answer at all
  readonly hint: string;
  readonly retryAfter: number | null; // seconds

  constructor(status: number, detail: string, hint: string, retryAfter: number | null) {
    super(detail);
    this.status = status;
    this.hint = hint;
    this.retryAfter = retryAfter;
  }
}

export interface Answer<T> {
  body: T;
  isNew: boolean; // false: the same document as last time
  keptSince: string | null; // the database is away since then, and this is its last answer
}

interface Kept {
  etag: string;
  body: unknown;
}

const MOST_KEPT = 8;
const kept = new Map<string, Kept>();
let offset = 0; // milliseconds that the server's clock is ahead of the browser's

/** Ask for a document. Throws a Problem. */
export async function get<T>(url: string): Promise<Answer<T>> {
  const had = kept.get(url);
  const response = await send(url, { headers: had ? { "If-None-Match": had.etag } : {}, cache: "no-store" });
  watchClock(response);
  const keptSince = /since=([^;]+)/.exec(response.headers.get("Fleetfeed-Kept") ?? "")?.[1] ?? null;
  if (response.status === 304 && had) return { body: had.body as T, isNew: false, keptSince };
  if (!response.ok) throw await problemOf(response);
  const body = (await read(response)) as T;
  keep(url, response.headers.get("ETag"), body);
  return { body, isNew: true, keptSince };
}

/** Sign in with a token. Throws a Problem. */
export async function signIn(token: string): Promise<void> {
  const response = await send("login", { method: "POST", body: new URLSearchParams({ token }) });
  if (!response.ok) throw await problemOf(response);
}

/** Return the time by the server's clock where the browser's is wrong. */
export function now(): number {
  return Date.now() + (isClockWrong() ? offset : 0);
}

/** Whether the browser's clock is more than two minutes wrong. */
export function isClockWrong(): boolean {
  return Math.abs(offset) > 120_000;
}

async function send(url: string, options: RequestInit): Promise<Response> {
  try {
    return await fetch(url, { ...options, credentials: "same-origin", signal: AbortSignal.timeout(30_000) });
  } catch {
    throw new Problem(0, "The server does not answer.", "It is asked again by itself.", null);
  }
}

async function read(response: Response): Promise<unknown> {
  try {
    return await response.json();
  } catch {
    throw new Problem(0, "The answer of the server broke off.", "It is asked again by itself.", null);
  }
}

async function problemOf(response: Response): Promise<Problem> {
  const seconds = Number(response.headers.get("Retry-After") ?? NaN);
  const body = (await response.json().catch(() => ({}))) as { detail?: string; hint?: string };
  const detail = body.detail ?? `The server answers ${response.status}.`;
  return new Problem(response.status, detail, body.hint ?? "", Number.isFinite(seconds) ? seconds : null);
}

function keep(url: string, etag: string | null, body: unknown): void {
  kept.delete(url);
  if (etag) kept.set(url, { etag, body });
  for (const oldest of kept.keys()) {
    if (kept.size <= MOST_KEPT) break;
    kept.delete(oldest);
  }
}

function watchClock(response: Response): void {
  const date = Date.parse(response.headers.get("Date") ?? "");
  if (Number.isFinite(date)) offset = date - Date.now();
}
