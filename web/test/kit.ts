// Documents for tests.
import type { Dashboard, Ticket, TicketFeature } from "../src/types.ts";

export function ticket(
  id: string,
  given: Partial<Ticket> = {},
  at: [number, number] | null = [36.8, -1.3],
): TicketFeature {
  const properties: Ticket = {
    ticket_id: id,
    status: "open",
    raw_status: "OPEN",
    bucket: "slow",
    cluster: "Westlands",
    region: null,
    location_name: "Waiyaki Way",
    assigned_team: "Field A",
    is_actionable: true,
    created_at: null,
    age_minutes: 60,
    sla_state: "ok",
    closed_at: null,
    mttr_minutes: null,
    geo_source: "feed",
    geo_precision: "feed",
    ...given,
  };
  return { geometry: at && { type: "Point", coordinates: at }, properties };
}

export function dashboard(open: TicketFeature[], closed: TicketFeature[] = []): Dashboard {
  const filters = {
    cluster: null,
    status: null,
    window: "7d",
    from: "2026-11-23T10:00:00+03:00",
    to: "2026-11-30T10:00:00+03:00",
  };
  const freshness = {
    state: "fresh" as const,
    reason: null,
    source_key: "a.csv",
    source_last_modified: "2026-11-30T09:00:00+03:00",
    loaded_at: null,
    checked_at: "2026-11-30T09:50:00+03:00",
    content_lag_minutes: 60,
    truncated: false,
    run_id: 1,
  };
  const counts = {
    open: open.length,
    open_mapped: 0,
    open_unmapped: 0,
    open_absent: 0,
    closed: 0,
    closed_mapped: 0,
    open_truncated: 0,
    closed_truncated: 0,
  };
  const ttr = { n: 2, p50_minutes: null, p90_minutes: null, within_48h_pct: null, basis: "" };
  const backlog = { total: open.length, actionable: 0, overdue: 0, unassigned: 0 };
  return {
    schema_version: 1,
    generated_at: "2026-11-30T10:00:00+03:00",
    data_as_of: "2026-11-30T09:00:00+03:00",
    feed: "inc",
    filters,
    freshness,
    open: { features: open },
    closed: { features: closed },
    counts,
    metrics: { backlog, ageing: [], flow: [], ttr, mttr: ttr, by_cluster: [], by_team: [] },
  };
}
