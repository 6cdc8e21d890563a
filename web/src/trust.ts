// How far the numbers can be trusted: three clocks, and a banner for all that is wrong.
import { isClockWrong } from "./api.ts";
import { el, fill } from "./dom.ts";
import { ago, clock, count, counted, moment } from "./format.ts";
import type { Model, State } from "./model.ts";

interface Banner {
  kind: "bad" | "care";
  text: string;
  more?: string;
}

/** Show title, clocks and banners. */
export function showTrust(model: Model, state: State, now: number, nextAt: number): void {
  const text = headline(model);
  const title = document.getElementById("headline")!;
  if (title.textContent !== text) title.textContent = text;
  document.title = text;
  fill(document.getElementById("clocks")!, ...clocks(model, now));
  const banners = model.view.at ? [] : bannersOf(model, state, now, nextAt); // the past has its own
  fill(document.getElementById("banners")!, ...banners.map(drawn));
}

function headline({ document, view, past, rows }: Model): string {
  if (!document) return "Open tickets";
  if (view.at) {
    const then = past?.then ? `${counted(rows.length, "open ticket")} as of ${moment(past.then.as_of.loaded_at)}` : "…";
    return `${view.feed.toUpperCase()}: ${then}`;
  }
  const { total, overdue, unassigned } = document.metrics.backlog;
  const where = document.filters.cluster ? ` in ${document.filters.cluster}` : "";
  const parts = [`${counted(total, "open ticket")}${where}`];
  if (overdue) parts.push(`${count(overdue)} overdue`);
  if (unassigned) parts.push(`${count(unassigned)} without a team`);
  return `${view.feed.toUpperCase()}: ${parts.join(", ")}`;
}

function clocks({ document: shown }: Model, now: number): HTMLElement[] {
  if (!shown) return [];
  const { checked_at, source_last_modified } = shown.freshness;
  const one = (label: string, at: string | null, means: string) =>
    el(
      "span",
      { title: means },
      `${label} `,
      el("time", { datetime: at ?? undefined }, moment(at)),
      ` (${ago(at, now)})`,
    );
  return [
    one("Content to", shown.data_as_of, "The newest time in the loaded export: what the numbers are of"),
    one("Exported", source_last_modified, "When the source wrote the loaded export"),
    one("Checked", checked_at, "When fleetfeed last looked for a newer export"),
  ];
}

/** Return all that a reader has to know before believing the numbers. */
export function bannersOf(model: Model, state: State, now: number, nextAt: number): Banner[] {
  const { document: shown, problem, keptSince } = model;
  const found: Banner[] = [];
  if (state === "old")
    found.push({ kind: "care", text: "The server was updated.", more: "Reload the page to get its new version." });
  if (model.start?.is_sample)
    found.push({ kind: "care", text: "These tickets are made up.", more: "fleetfeed demo moved them to now." });
  if (state === "kept" && shown) found.push(kept(shown.generated_at, problem?.message, keptSince, now, nextAt));
  if (shown?.freshness.state === "stale") found.push(stale(model, now));
  if (shown?.freshness.truncated) found.push({ kind: "bad", text: "The loaded export looks incomplete.", more: HELD });
  const concerns = (model.trust?.concerns ?? []).filter((one) => one !== "held" || !shown?.freshness.truncated);
  for (const concern of concerns) found.push({ kind: "care", text: CONCERNS[concern] ?? concern });
  if (shown) found.push(...truncated(model));
  if (isClockWrong())
    found.push({ kind: "care", text: "The clock of this computer is wrong; ages follow the server's." });
  return found;
}

function kept(
  generated: string,
  problem: string | undefined,
  keptSince: string | null,
  now: number,
  nextAt: number,
): Banner {
  const seconds = Math.max(0, Math.round((nextAt - now) / 10_000) * 10);
  const when = `What you see was true at ${clock(keptSince ?? generated)}.`;
  const again = seconds > 5 ? ` Asking again in about ${seconds} s.` : "";
  return { kind: "bad", text: problem ?? "The database does not answer.", more: when + again };
}

function stale({ document: shown }: Model, now: number): Banner {
  const { reason, checked_at, source_last_modified } = shown!.freshness;
  const texts: Record<string, [string, string | null]> = {
    "fleetfeed stopped": ["fleetfeed has stopped looking for exports", checked_at],
    "exporter stopped": ["The source has stopped writing exports", source_last_modified],
  };
  const [text, since] = texts[reason ?? ""] ?? ["The data is stale", checked_at];
  return {
    kind: "bad",
    text: `${text}: last ${moment(since)}, ${ago(since, now)}.`,
    more: "Open tickets may be closed by now, and new ones are missing.",
  };
}

function truncated({ document: shown }: Model): Banner[] {
  const left = shown!.counts.open_truncated;
  if (!left) return [];
  return [
    {
      kind: "care",
      text: `Map and table leave out the ${count(left)} oldest open tickets.`,
      more: "The key numbers count all. Choose an area to see the rest.",
    },
  ];
}

const HELD = "Tickets that it does not list still count as open, until a complete one comes.";
const CONCERNS: Record<string, string> = {
  refused: "The newest export was refused, so these numbers are of an earlier one.",
  held: `The loaded export looks incomplete. ${HELD}`,
  "new statuses": "The export has statuses that fleetfeed does not know; their tickets count as open.",
};

function drawn({ kind, text, more }: Banner): HTMLElement {
  return el(
    "p",
    { class: `banner ${kind}`, role: kind === "bad" ? "alert" : undefined },
    el("strong", {}, text),
    more ? ` ${more}` : null,
  );
}
