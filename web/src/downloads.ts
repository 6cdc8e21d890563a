// Files of what the filters leave, made from the document at hand.
import { button } from "./dom.ts";
import { disarmed } from "./spreadsheet.ts";
import type { Row } from "./rows.ts";

/** Return the tickets as GeoJSON. */
export function geojsonOf(rows: readonly Row[]): string {
  const features = rows.map(({ at, ticket }) => ({
    type: "Feature",
    geometry: at ? { type: "Point", coordinates: at } : null,
    properties: ticket,
  }));
  return JSON.stringify({ type: "FeatureCollection", features });
}

/** Return the tickets as CSV (RFC 4180); no cell can be read as a formula. */
export function csvOf(rows: readonly Row[]): string {
  const names = rows[0] ? Object.keys(rows[0].ticket) : ["ticket_id"];
  const lines = rows.map(({ at, ticket }) => {
    const cells = Object.values(ticket).map((value) => (typeof value === "string" ? disarmed(value) : value));
    return [...cells, ...(at ?? ["", ""])];
  });
  return [[...names, "longitude", "latitude"], ...lines].map((line) => `${line.map(cell).join(",")}\r\n`).join("");
}

/** Return the two buttons that download the tickets. */
export function downloads(feed: string, rows: readonly Row[]): HTMLElement[] {
  const title = "What the filters leave";
  return [
    button("CSV", () => save(`${feed}.csv`, "text/csv", csvOf(rows)), { title, "data-download": "csv" }),
    button("GeoJSON", () => save(`${feed}.geojson`, "application/geo+json", geojsonOf(rows)), {
      title,
      "data-download": "geojson",
    }),
  ];
}

function cell(value: unknown): string {
  const text = value === null || value === undefined ? "" : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function save(name: string, type: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement("a");
  Object.assign(link, { href: url, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000); // the browser reads it after the click
}
