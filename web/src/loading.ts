// Ask for what the page shows.
import { type Answer, get, Problem } from "./api.ts";
import { loadDispatch } from "./dispatch.ts";
import { useOffset } from "./filters.ts";
import { useZone } from "./format.ts";
import { linksOf, type Model } from "./model.ts";
import { showNews } from "./news.ts";
import { loadPast } from "./past.ts";
import type { Dashboard, Start, Trust } from "./types.ts";
import { asked, type View, withQuery } from "./view.ts";

const SCHEMA_VERSION = 1;
const START_EVERY = 10; // polls between two looks at the server's version

export class Loader {
  private readonly model: Model;
  private readonly show: () => void;
  private polls = 0;
  private running = ""; // version of the server

  constructor(model: Model, show: () => void) {
    this.model = model;
    this.show = show;
  }

  /** Put into the model what its view needs, and return that view: it may be another one by then. Throws a Problem. */
  async load(isRetry: boolean): Promise<View> {
    const { model } = this;
    if (!model.start || isRetry || this.polls++ % START_EVERY === 0) await this.loadStart();
    const { view } = model;
    if (!view.at || !model.document) await this.loadNow(view);
    if (view.panel || view.at) this.show(); // what follows takes longer
    await (view.at ? this.loadPast(view) : this.loadPlan(view));
    return view;
  }

  private async loadStart(): Promise<void> {
    const { model } = this;
    const start = (await get<Start>("api/v1")).body;
    this.running = start.version;
    model.start ??= start;
    useZone(start.timezone);
    if (!model.view.feed) model.view = { ...model.view, feed: start.feeds[0]?.feed ?? "" };
  }

  private async loadNow(view: View): Promise<void> {
    const { model } = this;
    const { found, trust } = await this.loadFeed(view);
    const before = model.document;
    model.document = found.body;
    useOffset(found.body.generated_at);
    if (before && found.isNew) showNews(before, found.body);
    const isOld = this.isOld(model.start!, found.body);
    Object.assign(model, { trust, isOld, keptSince: found.keptSince, problem: null });
  }

  private async loadFeed(view: View): Promise<{ found: Answer<Dashboard>; trust: Trust | null }> {
    const links = linksOf(this.model);
    if (!links) throw new Problem(404, `There is no feed «${view.feed}» here.`, "Choose another feed.", null);
    const [found, trust] = await Promise.all([
      get<Dashboard>(withQuery(links.dashboard, asked(view))),
      get<Trust>(links.freshness).catch(() => null),
    ]);
    return { found, trust: trust?.body ?? null };
  }

  private async loadPlan(view: View): Promise<void> {
    const links = linksOf(this.model);
    if (!view.panel || !links) return;
    const dispatch = await loadDispatch(links, view);
    const { panel, feed, at, cluster } = this.model.view;
    if (panel && !at && feed === view.feed && cluster === view.cluster) this.model.dispatch = dispatch;
  }

  private async loadPast(view: View): Promise<void> {
    const links = linksOf(this.model);
    if (!links) return;
    const past = await loadPast(links, view, this.model.past);
    if (this.model.view.at && this.model.view.feed === view.feed) this.model.past = past;
  }

  // Whether the server is not the one that this page belongs to.
  private isOld(start: Start, document: Dashboard): boolean {
    const versions = [document.schema_version, start.schema_version];
    return versions.some((version) => version !== SCHEMA_VERSION) || start.version !== this.running;
  }
}
