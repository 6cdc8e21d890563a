// The charts; behind each lies the same as a table.
import {
  BarController,
  BarElement,
  CategoryScale,
  Chart,
  type ChartConfiguration,
  Legend,
  LinearScale,
  LineController,
  LineElement,
  PointElement,
  Tooltip,
} from "chart.js";
import { el, fill } from "./dom.ts";
import { type Figure, figuresOf } from "./figures.ts";
import { count, statistic } from "./format.ts";
import { type Theme, themeNow } from "./theme.ts";
import type { Dashboard } from "./types.ts";

Chart.register(
  BarController,
  BarElement,
  CategoryScale,
  Legend,
  LinearScale,
  LineController,
  LineElement,
  PointElement,
  Tooltip,
);

const drawn = new Map<string, Chart>();

/** Show the charts of a document. */
export function showCharts(box: HTMLElement, document: Dashboard): void {
  const theme = themeNow();
  for (const figure of figuresOf(document, theme)) {
    const frame = box.querySelector(`#chart-${figure.id}`) ?? box.appendChild(frameOf(figure));
    fill(frame.querySelector("details > div")!, tableOf(figure));
    const canvas = frame.querySelector("canvas")!;
    canvas.parentElement!.style.height = `${theme.scale * (figure.isSideways ? Math.max(200, 60 + 26 * figure.labels.length) : 220)}px`;
    drawn.get(figure.id)?.destroy();
    drawn.set(figure.id, new Chart(canvas, configOf(figure, theme)));
  }
}

// Each chart gets options of its own: a shared object would carry one's axes into another.
function configOf(figure: Figure, theme: Theme): ChartConfiguration<"bar" | "line", (number | null)[]> {
  const scale = (isValue: boolean) => ({
    stacked: figure.isStacked ?? false,
    grid: { color: theme.line, display: isValue },
    border: { display: false },
    ticks: {
      color: theme.muted,
      font: { size: 12 * theme.scale },
      ...(isValue
        ? { maxTicksLimit: 6, callback: (value: string | number) => tick(figure, Number(value)) }
        : { autoSkip: !figure.isSideways }),
    },
    ...(isValue ? { beginAtZero: true } : {}),
  });
  const [x, y] = figure.isSideways ? [scale(true), scale(false)] : [scale(false), scale(true)];
  return {
    type: "bar",
    data: { labels: figure.labels, datasets: figure.data },
    options: {
      animation: false,
      maintainAspectRatio: false,
      indexAxis: figure.isSideways ? "y" : "x",
      interaction: { mode: "index", axis: figure.isSideways ? "y" : "x", intersect: false },
      scales: { x, y },
      plugins: {
        legend: {
          display: figure.data.length > 1,
          position: "bottom",
          labels: { color: theme.ink, boxWidth: 12, font: { size: 12 * theme.scale } },
        },
        tooltip: {
          callbacks: { label: (item) => `${item.dataset.label}: ${value(figure, item.raw as number | null)}` },
        },
      },
    },
  };
}

function tick(figure: Figure, minutes: number): string {
  if (figure.unit !== "minutes") return Number.isInteger(minutes) ? count(minutes) : "";
  return `${count(Math.round(minutes / 60))} h`;
}

function value(figure: Figure, raw: number | null): string {
  return figure.unit === "minutes" ? statistic(raw) : count(raw ?? 0);
}

function frameOf(figure: Figure): HTMLElement {
  const label = `${figure.title}; the table below has the numbers`;
  return el(
    "figure",
    { id: `chart-${figure.id}`, class: "card" },
    el("figcaption", {}, el("h2", {}, figure.title)),
    el("div", { class: "canvas" }, el("canvas", { role: "img", "aria-label": label })),
    el("details", {}, el("summary", {}, "What this means, and the numbers"), el("div")),
  );
}

function tableOf({ means, columns, rows }: Figure): HTMLElement {
  const head = el("tr", {}, ...columns.map((column) => el("th", { scope: "col" }, column)));
  const body = rows.map((row) => el("tr", {}, ...row.map((cell) => el("td", {}, cell))));
  return el("div", {}, el("p", {}, means), el("table", {}, el("thead", {}, head), el("tbody", {}, ...body)));
}
