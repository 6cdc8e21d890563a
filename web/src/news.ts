// What changed between two documents of the same question.
import { byId } from "./dom.ts";
import { clock } from "./format.ts";
import type { Dashboard } from "./types.ts";

export interface News {
  opened: number;
  closed: number;
}

/** Count tickets that are new among the open ones, and those that left them for the closed ones: of one question. */
export function newsOf(before: Dashboard, after: Dashboard): News {
  if (!sameQuestion(before, after)) return { opened: 0, closed: 0 };
  const [was, is] = [ids(before.open), ids(after.open)];
  const closed = ids(after.closed);
  return {
    opened: [...is].filter((id) => !was.has(id)).length,
    closed: [...was].filter((id) => !is.has(id) && closed.has(id)).length,
  };
}

/** Tell what changed, if anything did. */
export function showNews(before: Dashboard, after: Dashboard): void {
  const { opened, closed } = newsOf(before, after);
  if (opened || closed)
    byId("news").textContent = `${opened} new, ${closed} closed since ${clock(before.generated_at)}`;
}

function ids(collection: Dashboard["open"]): Set<string> {
  return new Set(collection.features.map((feature) => feature.properties.ticket_id));
}

function sameQuestion(one: Dashboard, other: Dashboard): boolean {
  const { cluster, status, window } = one.filters;
  return (
    one.feed === other.feed &&
    cluster === other.filters.cluster &&
    status === other.filters.status &&
    window === other.filters.window
  );
}
