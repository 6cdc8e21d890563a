// The charts' box: their code comes when the map is drawn, and they change only with the document.
import type { Dashboard } from "./types.ts";

export class ChartBox {
  private readonly box: HTMLElement;
  private readonly isFree: Promise<void>;
  private wanted: Dashboard | null = null;
  private charted: Dashboard | null = null;

  constructor(box: HTMLElement, isFree: Promise<void>) {
    this.box = box;
    this.isFree = isFree;
  }

  /** Show the charts of a document, again if the theme changed. */
  async show(document: Dashboard, isRedrawn: boolean): Promise<void> {
    this.wanted = document;
    if (this.charted === document && !isRedrawn) return;
    await this.isFree;
    if (this.wanted !== document) return; // a newer one came while the map was drawn
    this.charted = document;
    try {
      const { showCharts } = await import("./charts.ts");
      showCharts(this.box, document);
    } catch {
      this.charted = null; // the network is away: again with the next document
    }
  }
}
