// Which team closed and repaired what: the columns of the table, and what each means.
import { count, statistic } from "./format.ts";
import type { Team } from "./types.ts";

export interface TeamColumn {
  key: string;
  title: string;
  means: string;
  text: (team: Team) => string;
}

const REPAIRS = "Repairs are closures of the window that are not cancellations.";

export const TEAM_COLUMNS: readonly TeamColumn[] = [
  {
    key: "worked",
    title: "Worked",
    means: `Repairs by the working team: the one that had the ticket longest without another team in between. ${REPAIRS}`,
    text: (team) => count(team.closed.as_worker),
  },
  {
    key: "closed",
    title: "Closed",
    means: `Repairs by the closing team: the one that the ticket system names at the closing. ${REPAIRS}`,
    text: (team) => count(team.closed.as_closer),
  },
  {
    key: "cancelled",
    title: "Cancelled",
    means: "Tickets closed as cancelled, by closing team. They are in no other column.",
    text: (team) => count(team.cancelled),
  },
  {
    key: "lasted",
    title: "Lasted",
    means:
      "Share of repairs that were not reopened within 30 days, by closing team. This is only known of repairs that are 30 days old, so it is about an earlier time, as long as the window, that ended 30 days ago.",
    text: (team) => share(team.lasted.pct),
  },
  {
    key: "reopened",
    title: "Reopened",
    means: "Of the closed ones: reopened at any time.",
    text: (team) => count(team.reopened),
  },
  {
    key: "held",
    title: "Held",
    means: "Median time that the working team had the ticket, of the worked ones.",
    text: (team) => statistic(team.stretch_minutes.p50),
  },
  {
    key: "repair",
    title: "To repair",
    means:
      "Median time from the ticket's beginning to its closing, of the closed ones. It includes the time of all teams before.",
    text: (team) => statistic(team.repair_minutes.p50),
  },
  {
    key: "target",
    title: "In target",
    means: "Share of the closed ones with a known time that were repaired within today's SLA target, around the clock.",
    text: (team) => share(team.within_target.pct),
  },
  {
    key: "handovers",
    title: "Handovers",
    means: "How often the team got a ticket from another one (in), and gave one to another (out), in these repairs.",
    text: (team) => `${count(team.handovers_in)} in, ${count(team.handovers_out)} out`,
  },
  {
    key: "open",
    title: "Open",
    means: "Tickets that the team has now, whatever the window.",
    text: (team) => count(team.open),
  },
  {
    key: "overdue",
    title: "Overdue",
    means: "Tickets that the team has now, and that are open for longer than the target.",
    text: (team) => count(team.overdue),
  },
];

function share(pct: number | null): string {
  return pct === null ? "too few" : `${Math.round(pct)} %`;
}

/** Return the cells of the line that is always there: repairs without any team, in either role. */
export function unattributedCells(closed: number): string[] {
  return TEAM_COLUMNS.map(({ key }) => (key === "worked" || key === "closed" ? count(closed) : "–"));
}
