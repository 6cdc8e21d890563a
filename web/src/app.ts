// The page: it asks, remembers what was answered, and shows it.
import { isClockWrong, now, Problem } from "./api.ts";
import { ChartBox } from "./chartbox.ts";
import type { At } from "./dispatch.ts";
import { byId, fill } from "./dom.ts";
import { forget, showFilters } from "./filters.ts";
import { showFeeds } from "./feeds.ts";
import { keysOf } from "./shortcuts.ts";
import { listen } from "./keys.ts";
import { showLegend } from "./legend.ts";
import { Loader } from "./loading.ts";
import { MapOfTickets } from "./mapped.ts";
import { showMessage } from "./message.ts";
import { type Model, stateOf } from "./model.ts";
import { OF_TICKET } from "./nearest.ts";
import { showNumbers } from "./numbers.ts";
import { rowsThen } from "./past.ts";
import { PastBar } from "./pastbar.ts";
import { Poller, waitAfter } from "./poller.ts";
import { filtered, rowsNow, sorted } from "./rows.ts";
import { Side } from "./side.ts";
import { listenSignIn } from "./signin.ts";
import { TicketTable } from "./table.ts";
import { TeamTable } from "./teamtable.ts";
import { onTheme } from "./theme.ts";
import { showTrust } from "./trust.ts";
import type { Dashboard } from "./types.ts";
import { read, type View, write } from "./view.ts";

export class App {
  readonly model: Model = {
    view: read(location.search),
    start: null,
    document: null,
    trust: null,
    dispatch: null,
    past: null,
    rows: [],
    shown: [],
    problem: null,
    keptSince: null,
    isOld: false,
  };
  private readonly loader = new Loader(this.model, () => this.show());
  readonly poller = new Poller(() => this.load());
  readonly table = new TicketTable(byId("table"), { sort: (key) => this.sort(key), open: (id) => this.open(id) });
  readonly map = new MapOfTickets(byId("map"), byId("layers"), {
    open: (keys) => this.change({ place: keys.join(";"), sel: "", near: "" }),
    near: (at, key) => this.near(at, key),
  });
  private readonly side = new Side(byId("panel"), {
    open: (id) => this.open(id),
    close: () => this.close(),
    near: () => this.look({ near: OF_TICKET }),
  });
  private readonly charts = new ChartBox(byId("charts"), this.map.isDrawn);
  private readonly teams = new TeamTable(byId("teams"));
  private readonly past = new PastBar(byId("past"), { go: (at) => this.goTo(at) });
  private failures = 0;

  /** Begin: ask, show, and go on asking. */
  async begin(): Promise<void> {
    listen(keysOf(this));
    listenSignIn(() => this.poller.now());
    window.addEventListener("popstate", () => this.become(read(location.search)));
    byId("refresh").addEventListener("click", () => void this.poller.now());
    byId("pause").addEventListener("click", () => this.pause());
    byId("dispatch").addEventListener("change", () => this.toggleDispatch());
    onTheme(() => this.show(true));
    setInterval(() => this.show(), 30_000);
    this.show();
    await this.poller.now();
  }

  /** Change the view in some of its parts; Back returns to the one before. */
  change(to: Partial<View>, how: "push" | "replace" = "push"): void {
    const view = { ...this.model.view, ...to };
    const url = (write(view) || location.pathname) + location.hash;
    if (how === "push") history.pushState(null, "", url);
    else history.replaceState(null, "", url);
    this.become(view);
  }

  /** Stop asking, or begin again. */
  pause(): void {
    const isPaused = !this.poller.isPaused;
    document.body.dataset["paused"] = String(isPaused);
    byId("pause").setAttribute("aria-pressed", String(isPaused));
    byId("pause").textContent = isPaused ? "Go on" : "Pause";
    this.poller.pause(isPaused);
  }

  /** Close the panel. */
  close(): void {
    const { sel, place, near, panel } = this.model.view;
    if (near) this.change({ near: "" });
    else if (sel) this.change({ sel: "" });
    else if (place) this.change({ place: "" });
    else if (panel) this.change({ panel: "" });
    else return;
    if (this.side.isOpen) this.side.focus();
    else if (sel) this.table.focusOn(sel);
    else if (panel) byId("dispatch").focus();
  }

  /** Show a plan of dispatch, or no longer. */
  toggleDispatch(): void {
    this.change({ panel: this.model.view.panel ? "" : "dispatch", sel: "", place: "", near: "" });
  }

  private open(id: string): void {
    this.look({ sel: id, near: "" });
  }

  // Steps between times leave no trace in the history; going there and back does.
  private goTo(at: string): void {
    this.change({ at }, at && this.model.view.at ? "replace" : "push");
  }

  private look(at: Partial<View>): void {
    this.change(at);
    this.side.focus();
  }

  // A place with one ticket: units near it; else tickets near the point.
  private near([lon, lat]: At, key: string): void {
    const [one, ...others] = this.model.shown.filter((row) => row.at?.join(",") === key);
    if (one && !others.length) this.look({ sel: one.ticket.ticket_id, near: OF_TICKET });
    else this.look({ near: `${lat.toFixed(5)},${lon.toFixed(5)}`, sel: "", place: "" });
  }

  private sort(key: string): void {
    const now = this.model.view.sort;
    this.change({ sort: now === key ? `-${key}` : key }, "replace");
  }

  private become(view: View): void {
    const before = this.model.view;
    const feed = view.feed || (this.model.start?.feeds[0]?.feed ?? "");
    this.model.view = { ...view, feed };
    if (feed !== before.feed) this.leaveFeed();
    if (!view.panel || view.at || view.cluster !== before.cluster) this.model.dispatch = null; // of another area
    this.show();
    const asks = ["feed", "cluster", "status", "window", "from", "to", "at"] as const;
    if (!view.at) this.model.past = null;
    const isOn = view.panel && !before.panel;
    if (isOn || asks.some((name) => before[name] !== this.model.view[name])) void this.poller.now();
  }

  private leaveFeed(): void {
    forget();
    Object.assign(this.model, { document: null, trust: null, dispatch: null, past: null, rows: [] });
  }

  // Returns the seconds until the next poll.
  private async load(): Promise<number> {
    const { model } = this;
    try {
      const view = await this.loader.load(this.failures > 0);
      if (view !== model.view && write({ ...view, sel: "" }) !== write({ ...model.view, sel: "" })) this.poller.again();
      model.problem = null;
      this.failures = 0;
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      model.problem = error;
      this.failures += 1;
    }
    const seconds = model.problem ? waitAfter(this.failures, model.problem.retryAfter) : model.start!.poll_seconds;
    this.poller.nextAt = Date.now() + seconds * 1000;
    this.show();
    const isDone = model.view.at ? !model.problem : model.problem?.status === 401; // the past does not change
    return isDone ? Infinity : seconds;
  }

  private show(isRedrawn = false): void {
    const { model } = this;
    const time = now();
    if (model.document) {
      const then = model.past?.then;
      if (!model.view.at) model.rows = rowsNow(model.document, time);
      else if (then) model.rows = rowsThen(then);
      model.shown = sorted(filtered(model.rows, model.view), model.view.sort);
    }
    const state = stateOf(model);
    document.body.dataset["state"] = state;
    document.body.dataset["clock"] = isClockWrong() ? "wrong" : "right";
    this.past.show(model);
    showTrust(model, state, time, this.poller.nextAt);
    showMessage(byId("message"), model, state, (to) => this.change(to));
    showFeeds(byId("feeds"), model, (feed) => this.change({ ...read(""), feed }));
    if (!model.document) return;
    this.showContent(model.document, isRedrawn);
  }

  private showContent(shown: Dashboard, isRedrawn: boolean): void {
    const { model } = this;
    showNumbers(byId("numbers"), shown, model.trust);
    showFilters(byId("filters"), model, (to, how) => this.change(to, how));
    showLegend(byId("legend"), model, (to) => this.change(to));
    byId<HTMLInputElement>("dispatch").checked = model.view.panel === "dispatch";
    this.table.show(model.shown, model.view.sort, model.view.sel);
    this.map.show(model, [shown.generated_at, model.past?.then?.as_of.run, write({ ...model.view, sel: "", place: "", sort: "" })].join());
    void this.side.show(model);
    void this.teams.show(model);
    void this.charts.show(shown, isRedrawn);
    fill(byId("footer"), `fleetfeed ${model.start?.version ?? ""} · times of ${model.start?.timezone ?? "UTC"}`);
  }
}
