import assert from "node:assert/strict";
import { test } from "node:test";
import { TEAM_COLUMNS, unattributedCells } from "../src/teams.ts";
import type { Team } from "../src/types.ts";
import { askedOfTeams, read, withQuery } from "../src/view.ts";

function team(given: Partial<Team> = {}): Team {
  return {
    team: "Field A",
    desk: false,
    open: 41,
    overdue: 7,
    closed: { as_closer: 120, as_worker: 171, n: 180 },
    cancelled: 2,
    lasted: { yes: 94, no: 6, pending: 20, pct: 94.4 },
    reopened: 8,
    repair_minutes: { p50: 1206, p90: null, n: 120 },
    stretch_minutes: { p50: 312, p90: null, n: 171 },
    within_target: { pct: 87.6, n: 118 },
    handovers_in: 3,
    handovers_out: 1,
    ...given,
  };
}

test("a team's line has each number under its column", () => {
  const cells = TEAM_COLUMNS.map((column) => column.text(team()));
  assert.deepEqual(cells, ["171", "120", "2", "94 %", "8", "5 h 12 min", "20 h", "88 %", "3 in, 1 out", "41", "7"]);
  assert.ok(TEAM_COLUMNS.every((column) => column.means.endsWith(".")));
});

test("what is null is too few, never 0", () => {
  const few = team({
    lasted: { yes: 1, no: 0, pending: 3, pct: null },
    repair_minutes: { p50: null, p90: null, n: 4 },
    stretch_minutes: { p50: null, p90: null, n: 4 },
    within_target: { pct: null, n: 0 },
  });
  const medians = ["lasted", "held", "repair", "target"];
  const texts = TEAM_COLUMNS.filter(({ key }) => medians.includes(key)).map(({ text }) => text(few));
  assert.deepEqual(texts, ["too few", "too few", "too few", "too few"]);
});

test("repairs without a team are in both roles, and nothing else", () => {
  assert.deepEqual(unattributedCells(8), ["8", "8", "–", "–", "–", "–", "–", "–", "–", "–", "–"]);
});

test("teams are asked for area and window, not for a status", () => {
  const query = askedOfTeams(read("?cluster=South+B&status=open&window=30d&team=A"));
  assert.equal(withQuery("api/v1/feeds/inc/teams", query), "api/v1/feeds/inc/teams?cluster=South+B&window=30d");
  assert.equal(withQuery("api/v1/feeds/inc/teams", askedOfTeams(read("?status=open"))), "api/v1/feeds/inc/teams");
});
