// What the charts show, and what it means.
import type { ChartDataset } from "chart.js";
import { counted, day, duration, statistic } from "./format.ts";
import type { Theme } from "./theme.ts";
import type { Dashboard } from "./types.ts";

type Cells = (string | number)[];
type Data = ChartDataset<"bar" | "line", (number | null)[]>;

export interface Figure {
  id: string;
  title: string;
  means: string;
  columns: string[];
  rows: Cells[];
  labels: string[];
  data: Data[];
  isSideways?: boolean;
  isStacked?: boolean;
  unit?: "minutes";
}

const MOST_BARS = 12;

/** Return the charts of a document. */
export function figuresOf(document: Dashboard, theme: Theme): Figure[] {
  return [
    flow(document, theme),
    ageing(document, theme),
    repair(document, theme),
    clusters(document, theme),
    teams(document, theme),
  ];
}

function flow({ metrics }: Dashboard, theme: Theme): Figure {
  const days = metrics.flow;
  const pale = (colour: string) => days.map((one) => (one.provisional ? `${colour}66` : colour));
  return {
    id: "flow",
    title: "New and closed a day",
    means:
      "Tickets by their own times of start and closing, and the open tickets when last counted that day. Pale: the data does not reach the end of that day yet.",
    columns: ["Day", "New", "Closed", "Reopened", "Open"],
    rows: days.map((one) => [
      day(one.date) + (one.provisional ? " (so far)" : ""),
      one.created,
      one.closed,
      one.reopened,
      one.backlog ?? "not counted",
    ]),
    labels: days.map((one) => day(one.date)),
    data: [
      {
        type: "line",
        label: "open",
        data: days.map((one) => one.backlog),
        borderColor: theme.ink,
        backgroundColor: theme.ink,
        pointRadius: 2,
        borderWidth: 2,
        order: 0,
      },
      {
        type: "bar",
        label: "new",
        data: days.map((one) => one.created),
        backgroundColor: pale(theme.colours["hue-4"]!),
        order: 1,
      },
      {
        type: "bar",
        label: "closed",
        data: days.map((one) => one.closed),
        backgroundColor: pale(theme.colours["hue-2"]!),
        order: 1,
      },
    ],
  };
}

function ageing({ metrics }: Dashboard, theme: Theme): Figure {
  const steps = ["step-0", "step-1", "step-2", "step-3", "step-3", "step-4", "step-5"];
  const name = (from: number, to: number | null) =>
    to === null ? `over ${duration(from)}` : from ? `${duration(from)} – ${duration(to)}` : `under ${duration(to)}`;
  const labels = metrics.ageing.map((one) => name(one.from_minutes, one.to_minutes));
  return {
    id: "ageing",
    title: "Age of open tickets",
    means: "How long each open ticket has been open, around the clock.",
    columns: ["Age", "Open tickets"],
    rows: metrics.ageing.map((one, i) => [labels[i]!, one.n]),
    labels,
    data: [
      {
        label: "open tickets",
        data: metrics.ageing.map((one) => one.n),
        backgroundColor: steps.map((step) => theme.colours[step]!),
      },
    ],
  };
}

function repair({ metrics }: Dashboard, theme: Theme): Figure {
  const { ttr, mttr } = metrics;
  const shown = [
    ["half", ttr.p50_minutes],
    ["80 %", ttr.p80_minutes],
    ["90 %", ttr.p90_minutes],
    ["95 %", ttr.p95_minutes],
  ] as const;
  return {
    id: "repair",
    title: `Time to repair (${counted(ttr.n, "ticket")})`,
    means: `Of the tickets closed in the window, from start to closing: half took less than the first bar, 95 % less than the last. The source's own repair time has a median of ${statistic(mttr.p50_minutes)} (${counted(mttr.n, "ticket")}). Fewer than 5 tickets are too few.`,
    columns: ["Share of tickets", "Took less than"],
    rows: shown.map(([label, minutes]) => [label, statistic(minutes)]),
    labels: shown.map(([label, minutes]) => (typeof minutes === "number" ? label : `${label}: too few`)),
    data: [
      {
        label: "took less than",
        data: shown.map(([, minutes]) => minutes ?? null),
        backgroundColor: theme.colours["hue-0"]!,
      },
    ],
    unit: "minutes",
  };
}

function clusters({ metrics }: Dashboard, theme: Theme): Figure {
  const top = metrics.by_cluster.slice(0, MOST_BARS);
  const labels = top.map((one) => one.cluster ?? "no area");
  return {
    id: "clusters",
    title: metrics.by_cluster.length > MOST_BARS ? `Areas with most open tickets` : "Open tickets by area",
    means: "Open tickets of each area, and how many of them are open for longer than the target.",
    columns: ["Area", "Open", "Overdue", "Closed in the window"],
    rows: metrics.by_cluster.map((one) => [one.cluster ?? "no area", one.open, one.overdue, one.closed]),
    labels,
    data: [
      { label: "overdue", data: top.map((one) => one.overdue), backgroundColor: theme.colours["step-4"]! },
      { label: "in time", data: top.map((one) => one.open - one.overdue), backgroundColor: theme.colours["step-0"]! },
    ],
    isSideways: true,
    isStacked: true,
  };
}

function teams({ metrics }: Dashboard, theme: Theme): Figure {
  const top = metrics.by_team.slice(0, MOST_BARS);
  return {
    id: "teams",
    title: "Open and closed by team",
    means:
      "Open tickets of each team, and the closures in the window that were seen while the team had the ticket. A ticket that was reopened and closed again counts twice. «unattributed»: no team is known.",
    columns: ["Team", "Open", "Closed", "Median repair", "of"],
    rows: metrics.by_team.map((one) => [one.team, one.open, one.closed, statistic(one.p50_minutes), one.n]),
    labels: top.map((one) => one.team),
    data: [
      { label: "open", data: top.map((one) => one.open), backgroundColor: theme.colours["hue-4"]! },
      { label: "closed", data: top.map((one) => one.closed), backgroundColor: theme.colours["hue-2"]! },
    ],
    isSideways: true,
  };
}
