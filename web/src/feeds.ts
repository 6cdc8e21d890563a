// Switch between feeds, where there is more than one.
import { el, fill } from "./dom.ts";
import type { Model } from "./model.ts";

/** Show a button for each feed. */
export function showFeeds(box: HTMLElement, { start, view }: Model, change: (feed: string) => void): void {
  const feeds = start?.feeds ?? [];
  box.hidden = feeds.length < 2;
  fill(
    box,
    ...feeds.map(({ feed }) =>
      el(
        "button",
        { type: "button", id: `feed-${feed}`, "aria-pressed": String(feed === view.feed) },
        feed.toUpperCase(),
      ),
    ),
  );
  for (const { feed } of feeds) document.getElementById(`feed-${feed}`)!.onclick = () => change(feed);
}
