// The documents of the API, as docs/dashboard-api-contract.md describes them.

export type Sla = "ok" | "warn" | "urgent" | "overdue" | "unknown";

export interface Ticket {
  ticket_id: string;
  status: string | null;
  raw_status: string | null;
  bucket: string | null;
  cluster: string | null;
  region: string | null;
  location_name: string | null;
  assigned_team: string | null;
  owner?: string | null;
  is_actionable: boolean | null;
  created_at: string | null;
  age_minutes: number | null;
  sla_state: Sla | null;
  closed_at: string | null;
  mttr_minutes: number | null;
  geo_source: string | null;
  geo_precision: string | null;
}

export interface TicketFeature {
  geometry: { type: "Point"; coordinates: [number, number] } | null;
  properties: Ticket;
}

export interface Freshness {
  state: "fresh" | "stale" | "unknown";
  reason: string | null;
  source_key: string | null;
  source_last_modified: string | null;
  loaded_at: string | null;
  checked_at: string | null;
  content_lag_minutes: number | null;
  truncated: boolean | null;
  run_id: number | null;
}

export interface Counts {
  open: number;
  open_mapped: number;
  open_unmapped: number;
  open_absent: number;
  closed: number;
  closed_mapped: number;
  open_truncated: number;
  closed_truncated: number;
}

export interface FlowDay {
  date: string;
  created: number;
  closed: number;
  reopened: number;
  backlog: number | null;
  provisional: boolean;
}

export interface Percentiles {
  n: number;
  p50_minutes: number | null;
  p80_minutes?: number | null;
  p90_minutes: number | null;
  p95_minutes?: number | null;
  within_24h_pct?: number | null;
  within_48h_pct?: number | null;
  basis: string;
}

export interface Metrics {
  backlog: { total: number; actionable: number; overdue: number; unassigned: number };
  ageing: { from_minutes: number; to_minutes: number | null; n: number }[];
  flow: FlowDay[];
  ttr: Percentiles;
  mttr: Percentiles;
  by_cluster: { cluster: string | null; open: number; overdue: number; closed: number }[];
  by_team: { team: string; open: number; closed: number; p50_minutes: number | null; n: number }[];
}

export interface Dashboard {
  schema_version: number;
  generated_at: string;
  data_as_of: string | null;
  feed: string;
  filters: { cluster: string | null; status: string | null; window: string; from: string; to: string };
  freshness: Freshness;
  open: { features: TicketFeature[] };
  closed: { features: TicketFeature[] };
  counts: Counts;
  metrics: Metrics;
}

export interface Trust {
  concerns: string[];
  rejects: number;
}

export interface TicketEvent {
  at: string;
  kind: string;
  run_id: number | null;
  export: string | null;
  changed: Record<string, [unknown, unknown]> | null; // before, after
}

export interface Closure {
  closed_at: string | null;
  observed_at: string;
  assigned_team: string | null;
  raw_status: string | null;
  mttr_minutes: number | null;
  closing_team: string | null; // null: unattributed, or hidden
  working_team: string | null;
}

export interface OneTicket {
  ticket_id: string;
  state: "open" | "closed" | "absent" | null;
  absent_since: string | null;
  ticket: TicketFeature | null;
  place: { source: string | null; precision: string | null; provider: string | null; name: string | null } | null;
  sla: { age_from: string; target_minutes: number | null; elapsed_pct: number | null } | null;
  events: TicketEvent[];
  closures: Closure[];
  rejects: number;
}

export interface MapStart {
  center: [number, number] | null;
  zoom: number;
  outline: string | null;
  overlays: { name: string; url: string }[];
  basemap: string | null;
}

export interface FeedLinks {
  feed: string;
  dashboard: string;
  tickets: string;
  csv: string;
  freshness: string;
  teams: string;
  loads: string;
  dispatch: string;
  bursts: string;
  nearest: string;
  nearest_units: string;
}

export interface Team {
  team: string;
  desk: boolean;
  open: number;
  overdue: number;
  closed: { as_closer: number; as_worker: number; n: number };
  cancelled: number;
  lasted: { yes: number; no: number; pending: number; pct: number | null };
  reopened: number;
  repair_minutes: { p50: number | null; p90: number | null; n: number };
  stretch_minutes: { p50: number | null; p90: number | null; n: number };
  within_target: { pct: number | null; n: number };
  handovers_in: number;
  handovers_out: number;
}

export interface Teams {
  generated_at: string;
  feed: string;
  filters: { cluster: string | null; window: string; from: string; to: string };
  attribution_since: string | null;
  teams: Team[];
  unattributed: { closed: number };
}

export interface Start {
  version: string;
  schema_version: number;
  timezone: string;
  feeds: FeedLinks[];
  map: MapStart;
  poll_seconds: number;
  is_sample: boolean; // made-up tickets, of `fleetfeed demo`
  ticket_url: string | null;
  me: { name: string; auth: string };
}

export interface Position {
  latitude: number;
  longitude: number;
  basis: "position" | "home";
  age_minutes: number | null;
}

export interface Plan {
  feed: string;
  made_at: string;
  data_as_of: string | null;
  caution: string | null;
  assignments: {
    unit: string;
    team: string | null;
    position: Position | null;
    stop: number;
    ticket_id: string;
    place: [number, number]; // latitude, longitude
    distance_m: number;
    reasons: string[];
    caution: string[];
    next_best: { unit: string; costs_more_minutes: number | null; distance_m: number; why: string } | null;
  }[];
  idle: { unit: string; team: string | null; position: Position | null; reason: string; why: string }[];
  refused: { reason: string; n: number; tickets: { ticket_id: string; why: string }[] }[];
  ignored_holds: { hold_id: number; kind: "pin" | "not" | "off"; unit: string | null; ticket_id: string | null; why: string }[];
  totals: PlanTotals;
  part_of: PlanTotals | null; // of the whole plan, if this is what it has of one area
}

export interface PlanTotals {
  open: number;
  assigned: number;
  refused: number;
  units: number;
  going: number;
  idle: number;
}

export interface Bursts {
  off: string | null; // why there are none
  bursts: {
    burst: string;
    n: number;
    latitude: number;
    longitude: number;
    radius_m: number;
    cluster: string | null;
    kind?: string | null;
    ticket_ids: string[];
    text: string;
  }[];
}

export interface NearUnits {
  ticket_id: string;
  at: { latitude: number; longitude: number } | null;
  units: (Omit<Position, "age_minutes"> & {
    unit: string;
    team: string | null;
    age_seconds: number | null;
    distance_m: number;
  })[];
  left_out: { off_duty: number; nowhere: number };
}

export interface NearTickets {
  at: { latitude: number; longitude: number };
  features: { properties: Ticket & { distance_m: number } }[];
}
