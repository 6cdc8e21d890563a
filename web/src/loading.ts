// Ask for what the page shows.
import { type Answer, get, Problem } from "./api.ts";
import type { Dashboard, Start, Trust } from "./types.ts";
import { asked, type View, withQuery } from "./view.ts";

export const SCHEMA_VERSION = 1;

/** Ask for the start-up document. Throws a Problem. */
export async function loadStart(): Promise<Start> {
  return (await get<Start>("api/v1")).body;
}

/** Ask for the dashboard of a view and how far to trust it. Throws a Problem. */
export async function loadFeed(start: Start, view: View): Promise<{ found: Answer<Dashboard>; trust: Trust | null }> {
  const feed = start.feeds.find((one) => one.feed === view.feed);
  if (!feed) throw new Problem(404, `There is no feed «${view.feed}» here.`, "Choose another feed.", null);
  const [found, trust] = await Promise.all([
    get<Dashboard>(withQuery(feed.dashboard, asked(view))),
    get<Trust>(feed.freshness).catch(() => null),
  ]);
  return { found, trust: trust?.body ?? null };
}

/** Whether the server is not the one that this page belongs to. */
export function isOld(start: Start, running: string, document: Dashboard): boolean {
  return (
    document.schema_version !== SCHEMA_VERSION || start.schema_version !== SCHEMA_VERSION || start.version !== running
  );
}
