// The charts; each has the same numbers as a table.

import {BarController, BarElement, CategoryScale, Chart, Filler, Legend, LinearScale, LineController, LineElement, PointElement, Tooltip} from "chart.js";
import {colour, h} from "./dom.ts";
import {count, duration} from "./format.ts";
import type {Dashboard} from "./model.ts";
import {AGES} from "./tickets.ts";

Chart.register(BarController, BarElement, CategoryScale, Filler, Legend, LinearScale, LineController, LineElement, PointElement, Tooltip);

interface Series {
  label: string;
  values: (number | null)[];
  colours: string | string[];
  line?: boolean;
}

interface Spec {
  key: string;
  title: string;
  meaning: string;
  labels: string[];
  series: Series[];
  sideways?: boolean;
  tall?: boolean;
  hours?: boolean;
}

const MOST = 12; // bars of areas and teams

export class Charts {
  private charts = new Map<string, Chart>();

  constructor(private container: HTMLElement) {}

  show(doc: Dashboard): void {
    for (const spec of specs(doc)) this.draw(spec);
  }

  /** Draw all again, in the colours of the theme. */
  restyle(doc: Dashboard): void {
    for (const chart of this.charts.values()) chart.destroy();
    this.charts.clear();
    this.container.replaceChildren();
    this.show(doc);
  }

  private draw(spec: Spec): void {
    const known = this.charts.get(spec.key);
    if (!known) {
      const canvas = h("canvas", {role: "img", "aria-label": `${spec.title}; the numbers follow as a table`});
      this.container.append(h("figure", {"data-chart": spec.key}, h("figcaption", {}, spec.title), h("div", {class: spec.tall ? "canvas tall" : "canvas"}, canvas),
        h("details", {}, h("summary", {}, "Meaning and numbers"), h("p", {}, spec.meaning), table(spec))));
      this.charts.set(spec.key, new Chart(canvas, {type: "bar", data: data(spec), options: options(spec)}));
      return;
    }
    known.data = data(spec);
    known.update("none");
    const figure = this.container.querySelector(`[data-chart="${spec.key}"]`);
    figure?.querySelector("figcaption")?.replaceChildren(spec.title);
    figure?.querySelector("table")?.replaceWith(table(spec));
  }
}

function specs(doc: Dashboard): Spec[] {
  const {flow, ageing, ttr, by_cluster, by_team} = doc.metrics;
  const tint = (name: string): string[] => flow.map((day) => colour(name) + (day.provisional ? "66" : ""));
  const percentiles: [string, number | null][] = [["50 %", ttr.p50_minutes], ["80 %", ttr.p80_minutes ?? null], ["90 %", ttr.p90_minutes], ["95 %", ttr.p95_minutes ?? null]];
  const areas = by_cluster.slice(0, MOST);
  const teams = by_team.slice(0, MOST);
  return [
    {
      key: "flow", title: "Created, closed, backlog", labels: flow.map((day) => day.date.slice(5)),
      meaning: "Tickets by their own creation and closing times, per day; the line is the number of open tickets when it was last counted that day. Pale days are provisional: the export does not reach their end yet.",
      series: [
        {label: "created", values: flow.map((day) => day.created), colours: tint("created")},
        {label: "closed", values: flow.map((day) => day.closed), colours: tint("closed")},
        {label: "backlog", values: flow.map((day) => day.backlog), colours: colour("accent"), line: true},
      ],
    },
    {
      key: "ageing", title: "Age of open tickets", labels: ageing.map((one) => (one.to_minutes === null ? `over ${duration(one.from_minutes)}` : `to ${duration(one.to_minutes)}`)),
      meaning: "Open tickets by age, around the clock.",
      series: [{label: "open", values: ageing.map((one) => one.n), colours: ageing.map((_, index) => colour(`age-${Math.min(index, AGES.length - 1)}`))}],
    },
    {
      key: "repair", title: `Repair time (n = ${count(ttr.n)})`, labels: percentiles.map(([label]) => label), hours: true,
      meaning: "So many per cent of the repaired tickets of the window took at most this long from creation to closing. Empty: too few (below five).",
      series: [{label: "hours", values: percentiles.map(([, value]) => (value === null ? null : value / 60)), colours: colour("closed")}],
    },
    {
      key: "areas", title: "By area", tall: true, labels: areas.map((one) => one.cluster), sideways: true, meaning: `Open tickets and those closed in the window, for the ${MOST} areas with the most open ones.`,
      series: [
        {label: "open", values: areas.map((one) => one.open), colours: colour("created")},
        {label: "overdue", values: areas.map((one) => one.overdue), colours: colour("age-5")},
        {label: "closed", values: areas.map((one) => one.closed), colours: colour("closed")},
      ],
    },
    {
      key: "teams", title: "By team", tall: true, labels: teams.map((one) => one.team), sideways: true, meaning: "Open tickets by assigned team, and closures observed in the window by the team that closed.",
      series: [
        {label: "open", values: teams.map((one) => one.open), colours: colour("created")},
        {label: "closed", values: teams.map((one) => one.closed), colours: colour("closed")},
      ],
    },
  ];
}

function data(spec: Spec): {labels: string[]; datasets: never[]} {
  const datasets = spec.series.map(({label, values, colours, line}) =>
    line
      ? {type: "line", label, data: values, borderColor: colours, backgroundColor: colours, pointRadius: 2, tension: 0.2, spanGaps: true}
      : {label, data: values, backgroundColor: colours, maxBarThickness: 28},
  );
  return {labels: spec.labels, datasets: datasets as never[]};
}

function options(spec: Spec): object {
  const axis = (): object => ({ticks: {color: colour("quiet")}, grid: {color: colour("line")}, border: {color: colour("line")}, beginAtZero: true});
  return {
    indexAxis: spec.sideways ? "y" : "x", responsive: true, maintainAspectRatio: false, animation: false,
    scales: {x: axis(), y: axis()},
    plugins: {legend: {display: spec.series.length > 1, labels: {color: colour("text"), boxWidth: 12}}},
  };
}

function table(spec: Spec): HTMLElement {
  const shown = (value: number | null): string => (value === null ? (spec.hours ? "too few" : "not counted") : spec.hours ? `${value.toFixed(1)} h` : count(value));
  return h("table", {}, h("thead", {}, h("tr", {}, h("th", {scope: "col"}, ""), ...spec.series.map((one) => h("th", {scope: "col"}, one.label)))),
    h("tbody", {}, ...spec.labels.map((label, row) => h("tr", {}, h("th", {scope: "row"}, label), ...spec.series.map((one) => h("td", {}, shown(one.values[row] ?? null)))))));
}
