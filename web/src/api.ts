// Ask the server. The browser's cache sends If-None-Match by itself.

export type Answer<T> =
  | {kind: "ok"; data: T; keptSince: string | null; date: string | null}
  | {kind: "signed-out"}
  | {kind: "problem"; detail: string; hint: string}
  | {kind: "away"; retrySeconds: number};

export async function ask<T>(url: string): Promise<Answer<T>> {
  let response: Response;
  try {
    response = await fetch(url, {cache: "no-cache", headers: {Accept: "application/json, application/geo+json"}});
  } catch {
    return {kind: "away", retrySeconds: 0};
  }
  if (response.status === 401) return {kind: "signed-out"};
  if (response.status >= 500) return {kind: "away", retrySeconds: Number(response.headers.get("Retry-After")) || 0};
  try {
    const body = await response.json();
    if (!response.ok) return {kind: "problem", detail: body.detail ?? response.statusText, hint: body.hint ?? ""};
    const since = /since=([^;]+)/.exec(response.headers.get("Fleetfeed-Kept") ?? "");
    return {kind: "ok", data: body as T, keptSince: since?.[1] ?? null, date: response.headers.get("Date")};
  } catch {
    return {kind: "away", retrySeconds: 0};
  }
}
