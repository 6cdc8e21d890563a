// How far to trust the page: three clocks, and what is wrong.

import {h} from "./dom.ts";
import {ago, count, time} from "./format.ts";
import type {Dashboard, Trust} from "./model.ts";

export function drawTrust(container: HTMLElement, doc: Dashboard, now: number, zone: string): void {
  const {freshness} = doc;
  const item = (label: string, iso: string | null, meaning: string): HTMLElement =>
    h("span", {title: `${meaning} ${time(iso, zone)}`}, `${label} `, h("b", {}, ago(iso, now)));
  container.replaceChildren(
    item("checked", freshness.checked_at, "When fleetfeed last looked for a newer export:"), " · ",
    item("exported", freshness.source_last_modified, "When the loaded export was written:"), " · ",
    item("content to", doc.data_as_of, "The newest change of a ticket in it:"),
  );
}

/** What is wrong with the data, most important first. */
export function warnings(doc: Dashboard, trust: Trust, zone: string): string[] {
  const {freshness, counts} = doc;
  const found: string[] = [];
  if (freshness.state === "stale") {
    const since = freshness.reason === "exporter stopped" ? freshness.source_last_modified : freshness.checked_at;
    found.push(`Stale: ${freshness.reason ?? "no new data"} (since ${time(since, zone)}). What follows is of then.`);
  }
  if (trust.concerns.includes("held")) found.push("The newest export looks cut short: tickets may be missing, and none was marked absent.");
  else if (freshness.truncated) found.push("The export is incomplete: its exporter stopped at its limit, so tickets are missing.");
  if (trust.concerns.includes("refused")) found.push("The newest export was refused; the page shows the one before it.");
  if (trust.concerns.includes("new statuses")) found.push("There are statuses that the feed does not know yet; they count as open.");
  if (counts.open_truncated) found.push(`Map and table show the newest tickets; ${count(counts.open_truncated)} more are only counted.`);
  return found;
}
