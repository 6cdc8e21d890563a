import assert from "node:assert/strict";
import { test } from "node:test";
import { csvOf, geojsonOf } from "../src/downloads.ts";
import { rowsNow } from "../src/rows.ts";
import { dashboard, ticket } from "./kit.ts";

const rows = rowsNow(
  dashboard([ticket("A", { owner: "=1+1" }, [36.8, -1.3]), ticket("B", { location_name: 'a "b", c\n' }, null)]),
  Date.parse("2026-11-30T10:10:00+03:00"),
);

test("a CSV has a line for each ticket, and no cell that a spreadsheet would run", () => {
  const [header, first, second] = csvOf(rows).split("\r\n");
  assert.match(header!, /^ticket_id,.*,longitude,latitude$/);
  assert.match(first!, /^A,.*,'=1\+1,.*36\.8,-1\.3$/);
  assert.match(second!, /,"a ""b"", c\n",.*,,$/s);
});

test("an empty CSV has a header", () => {
  assert.equal(csvOf([]), "ticket_id,longitude,latitude\r\n");
});

test("a GeoJSON has the places that there are", () => {
  const { features } = JSON.parse(geojsonOf(rows)) as { features: { geometry: unknown; properties: object }[] };
  assert.deepEqual(
    features.map(({ geometry }) => geometry),
    [{ type: "Point", coordinates: [36.8, -1.3] }, null],
  );
});

test("full-width signs and invisible beginnings are disarmed, too", async () => {
  const { disarmed } = await import("../src/spreadsheet.ts");
  for (const text of ["=1", "+1", "-1", "@x", "\u200b=1", "＝1", "\t=1"]) assert.equal(disarmed(text), `'${text}`);
  for (const text of ["a=1", "1-2", ""]) assert.equal(disarmed(text), text);
});
