// The page: what it shows, when it asks, and what a change of the state does.

import {ask} from "./api.ts";
import {drawTrust, warnings} from "./banner.ts";
import {Charts} from "./charts.ts";
import {get, h} from "./dom.ts";
import {drawFilters} from "./filters.ts";
import {clock, count, plural, time} from "./format.ts";
import {drawKeys, listen, type Key} from "./keys.ts";
import {drawLegend} from "./legend.ts";
import {MapView} from "./map-view.ts";
import type {Dashboard, Start, Ticket, Trust} from "./model.ts";
import {drawNumbers} from "./numbers.ts";
import {Panel} from "./panel.ts";
import {places, type Place} from "./places.ts";
import {Poll} from "./poll.ts";
import {scale} from "./scale.ts";
import {signIn} from "./sign-in.ts";
import {asked, read, USUAL, write, type State} from "./state.ts";
import {TicketTable} from "./table.ts";
import {matches, sorted} from "./tickets.ts";

declare const VERSION: string;
const SCHEMA_VERSION = 1;
const NO_TRUST: Trust = {concerns: [], rejects: 0};
const AGED = 60_000; // milliseconds after which ages are counted up

class Page {
  private state: State;
  private doc: Dashboard | null = null;
  private trust = NO_TRUST;
  private seen: Set<string> | null = null;
  private looked = 0;
  private keptSince: string | null = null;
  private clockOff = 0; // milliseconds that this machine's clock is ahead of the server's
  private table = new TicketTable(get("table"), (id) => this.change({sel: id}), (sort) => this.change({sort}));
  private charts = new Charts(get("charts"));
  private panel: Panel;
  private map: MapView;
  private poll: Poll;

  constructor(private start: Start) {
    this.state = read(location.search);
    if (!start.feeds.some((one) => one.feed === this.state.feed)) this.state.feed = start.feeds[0]?.feed ?? "";
    this.panel = new Panel(get("panel"), start, (id) => this.change({sel: id}), () => this.state.sel && this.change({sel: ""}));
    this.map = new MapView(start, (found) => this.openPlaces(found));
    this.poll = new Poll(start.poll_seconds, () => this.load());
    this.controls();
    window.addEventListener("popstate", () => this.restore());
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.restyle());
    window.setInterval(() => this.doc && this.drawClocks(), AGED);
    void this.poll.now();
  }

  private controls(): void {
    const feeds = this.start.feeds.map(({feed}) => h("option", {value: feed, selected: feed === this.state.feed}, feed.toUpperCase()));
    const list = get<HTMLSelectElement>("feed");
    list.append(...feeds);
    get("feed-label").hidden = feeds.length < 2;
    get("filters").addEventListener("submit", (event) => event.preventDefault());
    list.addEventListener("change", () => this.change({feed: list.value, cluster: "", team: "", kind: "", status: "", sel: ""}));
    get("pause").addEventListener("click", () => this.pause());
    get("refresh").addEventListener("click", () => void this.poll.now());
    const dialog = get<HTMLDialogElement>("keys");
    const keys: Key[] = [
      {key: "/", label: "search", act: () => get("q").focus()},
      {key: "f", label: "filters", act: () => get("cluster").focus()},
      {key: "m", label: "map", act: () => this.map.focus()},
      {key: "t", label: "table", act: () => get("table").focus()},
      {key: "j", label: "next row", act: () => this.table.move(1)},
      {key: "k", label: "row before", act: () => this.table.move(-1)},
      {key: "o", label: "open the row", act: () => this.table.openSelected()},
      {key: "p", label: "pause or go on", act: () => this.pause()},
      {key: "r", label: "refresh", act: () => void this.poll.now()},
      {key: "g", label: "show all places", act: () => this.map.fit()},
      {key: "?", label: "this list", act: () => dialog.showModal()},
    ];
    drawKeys(dialog, keys);
    listen(keys);
    get("help").addEventListener("click", () => dialog.showModal());
  }

  /** Change what is shown: a step that Back undoes, but for typing. */
  private change(part: Partial<State>): void {
    const before = this.state;
    this.state = {...before, ...part};
    const url = write(this.state) || location.pathname;
    if ("q" in part || "sort" in part) history.replaceState(null, "", url + location.hash);
    else history.pushState(null, "", url + location.hash);
    this.follow(before);
  }

  private openPlaces(found: Place[]): void {
    if (this.state.sel) {
      this.state = {...this.state, sel: ""};
      history.pushState(null, "", (write(this.state) || location.pathname) + location.hash);
    }
    this.panel.list(found);
  }

  private restore(): void {
    const before = this.state;
    this.state = {...read(location.search)};
    if (!this.state.feed) this.state.feed = this.start.feeds[0]?.feed ?? "";
    this.follow(before);
  }

  private follow(before: State): void {
    if (before.feed !== this.state.feed) this.forget();
    if (asked(before) !== asked(this.state)) this.seen = null; // other tickets are no news
    if (before.feed !== this.state.feed || asked(before) !== asked(this.state)) void this.poll.now();
    else this.draw();
    if (this.state.sel) void this.panel.ticket(this.state.feed, this.state.sel);
    else if (before.sel) this.panel.close();
  }

  /** Another feed: nothing of the one before stays. */
  private forget(): void {
    get<HTMLSelectElement>("feed").value = this.state.feed;
    this.doc = null;
    this.trust = NO_TRUST;
    this.seen = null;
    this.keptSince = null;
    get("news").textContent = "";
    this.panel.close();
    this.table.show([], "", this.state.sort);
    this.map.show([], scale("age", []));
    tell("loading", "");
  }

  private pause(): void {
    this.poll.pause(!this.poll.paused);
    get("pause").setAttribute("aria-pressed", String(this.poll.paused));
    get("pause").textContent = this.poll.paused ? "Go on" : "Pause";
  }

  private async load(): Promise<void> {
    const {feed} = this.state;
    const base = `api/v1/feeds/${feed}`;
    const wanted = asked(this.state);
    const [answer, trust] = await Promise.all([ask<Dashboard>(`${base}/dashboard?${wanted}`), ask<Trust>(`${base}/freshness`)]);
    if (feed !== this.state.feed || wanted !== asked(this.state)) return;
    if (trust.kind === "ok") this.trust = trust.data;
    if (answer.kind !== "ok") return this.failed(answer);
    this.poll.succeeded();
    get("sign-in").hidden = true;
    if (answer.data.schema_version !== SCHEMA_VERSION) return tell("old", "The server was updated. Reload the page.");
    this.clockOff = answer.date ? Date.now() - Date.parse(answer.date) : 0;
    this.keptSince = answer.keptSince;
    this.announce(answer.data);
    this.doc = answer.data;
    this.draw();
    if (this.state.sel) void this.panel.ticket(feed, this.state.sel);
  }

  private failed(answer: {kind: string; retrySeconds?: number; detail?: string; hint?: string}): void {
    if (answer.kind === "signed-out") {
      get("sign-in").hidden = false;
      return tell("signed-out", "Sign in to see the tickets.");
    }
    if (answer.kind === "problem" && this.state.window !== USUAL.window) return this.change({window: USUAL.window});
    if (answer.kind === "problem") return tell("error", `${answer.detail ?? ""} ${answer.hint ?? ""}`);
    const seconds = this.poll.failed(answer.retrySeconds ?? 0);
    if (!this.doc) return tell("error", `The server does not answer. The next try is in ${plural(seconds, "second")}.`);
    tell("kept", `The server does not answer. What is shown was true at ${time(this.doc.generated_at, this.start.timezone)}; the next try is in ${plural(seconds, "second")}.`);
  }

  /** Say in one sentence what is new since the last look. */
  private announce(doc: Dashboard): void {
    const ids = new Set(doc.open.features.map((one) => one.properties.ticket_id));
    if (this.seen && !doc.counts.open_truncated && doc.freshness.run_id !== this.doc?.freshness.run_id) {
      const added = [...ids].filter((id) => !this.seen?.has(id)).length;
      const gone = [...this.seen].filter((id) => !ids.has(id)).length;
      get("news").textContent = `${count(added)} new, ${count(gone)} no longer open since ${clock(this.looked, this.start.timezone)}.`;
    }
    if (!this.seen) this.looked = Date.now();
    this.seen ??= ids;
  }

  private draw(): void {
    const doc = this.doc;
    if (!doc) return;
    const tickets = doc.open.features.filter((one) => matches(one, this.state));
    const steps = scale(this.state.colour, doc.open.features);
    drawFilters(get("filters"), doc, this.state, (part) => this.change(part));
    drawNumbers(get("numbers"), doc, this.trust);
    drawLegend(get("legend"), steps, doc.open.features, this.state, (part) => this.change(part));
    const found = places(tickets);
    this.map.show(found, steps);
    this.panel.update(found);
    this.table.show(sorted(tickets, this.state.sort), this.state.sel, this.state.sort);
    this.charts.show(doc);
    this.headline(doc, tickets);
    this.drawClocks();
  }

  private headline(doc: Dashboard, tickets: Ticket[]): void {
    const {total, unassigned, overdue} = doc.metrics.backlog;
    get("headline").textContent = `${plural(total, "open ticket")}, ${count(overdue)} overdue, ${count(unassigned)} without a team`;
    document.title = `${plural(total, "open ticket")} – ${doc.feed.toUpperCase()}`;
    get("table-title").textContent = tickets.length === doc.open.features.length ? plural(tickets.length, "ticket") : `${count(tickets.length)} of ${plural(doc.open.features.length, "ticket")}`;
    const query = new URLSearchParams(Object.entries({cluster: this.state.cluster, status: this.state.status}).filter(([, value]) => value));
    get<HTMLAnchorElement>("csv").href = `api/v1/feeds/${doc.feed}/open.csv?${query}`;
    get<HTMLAnchorElement>("geojson").href = `api/v1/feeds/${doc.feed}/tickets.geojson?${query}`;
    const empty = doc.freshness.state === "unknown" && !total;
    const texts = this.keptSince ? [`The database does not answer. What is shown was true at ${time(this.keptSince, this.start.timezone)}.`] : warnings(doc, this.trust, this.start.timezone);
    if (empty) tell("empty", `Nothing is loaded yet. Run: fleetfeed run ${doc.feed} --apply`);
    else if (this.keptSince) tell("kept", texts.join(" "));
    else if (doc.freshness.state === "stale") tell("stale", texts.join(" "));
    else if (!tickets.length && doc.open.features.length) tell("none", "No ticket matches the filters.");
    else tell("ready", texts.join(" "));
  }

  private drawClocks(): void {
    if (this.doc) drawTrust(get("trust"), this.doc, Date.now() - this.clockOff, this.start.timezone);
  }

  private restyle(): void {
    if (!this.doc) return;
    this.map.restyle(scale(this.state.colour, this.doc.open.features));
    this.charts.restyle(this.doc);
    this.draw();
  }

}

async function begin(): Promise<void> {
  const answer = await ask<Start>("api/v1");
  if (answer.kind === "ok") {
    document.body.dataset["version"] = VERSION;
    if (answer.data.feeds.length) return void new Page(answer.data);
    return tell("empty", "No feed has a table yet. Run: fleetfeed migrate");
  }
  if (answer.kind === "signed-out") {
    get("sign-in").hidden = false;
    return tell("signed-out", "Sign in to see the tickets.");
  }
  tell("error", answer.kind === "problem" ? `${answer.detail} ${answer.hint}` : "The server does not answer. The next try is in 30 seconds.");
  if (answer.kind === "away") window.setTimeout(() => void begin(), 30_000);
}

function tell(state: string, text: string): void {
  document.body.dataset["state"] = state;
  get("banner").hidden = !text;
  if (get("banner").textContent !== text) get("banner").textContent = text; // else it is read aloud at each poll
}

signIn(get<HTMLFormElement>("sign-in"), (detail) => tell("signed-out", detail));
void begin();
