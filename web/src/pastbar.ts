// The slider of loads above the map.
import { button, byId, el, fill } from "./dom.ts";
import type { Model } from "./model.ts";
import { asOfText, indexAt, loadText } from "./past.ts";

const PLAY_EVERY = 1000; // milliseconds, after the answer

export interface PastEvents {
  go(at: string): void; // "": now
}

export class PastBar {
  private readonly box: HTMLElement;
  private readonly opener = byId("past-open");
  private readonly events: PastEvents;
  private readonly slider = el("input", { type: "range", id: "past-at", min: 0, step: 1, "aria-label": "Load" });
  private readonly text = el("output", { for: "past-at" });
  private readonly player = button("Play", () => this.play(!this.isPlaying), { class: "play" });
  private readonly banner = el("p", { class: "banner care", role: "status" });
  private model: Model | null = null;
  private isFocusDue = false; // the reader opened it; its loads are on their way
  private isPlaying = false;
  private playedFrom: unknown = null; // the answer that the next step waits for

  constructor(box: HTMLElement, events: PastEvents) {
    this.box = box;
    this.events = events;
    const now = button("Now", () => this.events.go(""), { id: "past-now" });
    this.box.append(this.banner, el("div", { class: "past" }, this.slider, this.player, now, this.text));
    this.slider.addEventListener("input", () => this.step(Number(this.slider.value)));
    this.opener.addEventListener("click", () => this.toggle());
  }

  /** Show which load the view is of. */
  show(model: Model): void {
    const hadFocus = this.box.contains(document.activeElement);
    this.model = model;
    const { at } = model.view;
    this.box.hidden = !at;
    document.body.dataset["past"] = String(Boolean(at));
    this.opener.setAttribute("aria-pressed", String(Boolean(at)));
    if (!at) {
      this.play(false);
      if (hadFocus) this.opener.focus(); // what had it is hidden
      return;
    }
    const loads = model.past?.loads ?? [];
    const index = indexAt(loads, at);
    this.slider.max = String(Math.max(0, loads.length - 1));
    this.slider.value = String(index);
    this.slider.disabled = loads.length < 2;
    this.slider.setAttribute("aria-valuetext", loadText(loads, index));
    fill(this.text, loadText(loads, index));
    fill(this.banner, ...this.said(model));
    if (this.isFocusDue && !this.slider.disabled) {
      this.isFocusDue = false;
      this.slider.focus();
    }
    if (this.isPlaying) this.playOn(model, index);
  }

  private said({ past }: Model): (Node | string)[] {
    const { problem } = past ?? {};
    if (problem) return [el("strong", {}, problem.message), ` ${problem.hint}`];
    return [el("strong", {}, asOfText(past) ?? "Asking for the past …")];
  }

  private toggle(): void {
    this.isFocusDue = !this.model?.view.at;
    this.events.go(this.model?.view.at ? "" : new Date().toISOString());
  }

  private step(index: number): void {
    const load = this.model?.past?.loads[index];
    if (load) this.events.go(load.loaded_at);
  }

  private play(isPlaying: boolean): void {
    this.isPlaying = isPlaying;
    this.playedFrom = null;
    this.player.textContent = isPlaying ? "Stop" : "Play";
    const loads = this.model?.past?.loads ?? [];
    if (!isPlaying || !this.model?.view.at) return;
    const isAtEnd = indexAt(loads, this.model.view.at) >= loads.length - 1;
    if (isAtEnd) this.step(0);
    else this.show(this.model);
  }

  private playOn({ past }: Model, index: number): void {
    const last = (past?.loads.length ?? 0) - 1;
    if (past?.problem || index >= last) return this.play(false);
    if (!past || past === this.playedFrom) return;
    this.playedFrom = past;
    setTimeout(() => {
      if (this.isPlaying && this.playedFrom === past) this.step(index + 1);
    }, PLAY_EVERY);
  }
}
