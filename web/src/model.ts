// The documents of the API; docs/dashboard-api-contract.md explains each member.

export interface Properties {
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
  sla_state: string | null;
  closed_at: string | null;
  mttr_minutes: number | null;
  geo_source: string | null;
  geo_precision: string | null;
}

export interface Ticket {
  geometry: {type: "Point"; coordinates: [number, number]} | null;
  properties: Properties;
}

export interface Freshness {
  state: "fresh" | "stale" | "unknown";
  reason: string | null;
  source_last_modified: string | null;
  loaded_at: string | null;
  checked_at: string | null;
  content_lag_minutes: number | null;
  truncated: boolean;
  run_id: number | null;
}

export interface Day {
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
}

export interface Dashboard {
  schema_version: number;
  generated_at: string;
  data_as_of: string | null;
  feed: string;
  filters: {cluster: string | null; status: string | null; window: string; from: string; to: string; timezone: string};
  freshness: Freshness;
  open: {features: Ticket[]};
  closed: {features: Ticket[]};
  counts: {open: number; open_mapped: number; open_unmapped: number; open_absent: number; closed: number; open_truncated: number};
  metrics: {
    backlog: {total: number; actionable: number; overdue: number; unassigned: number};
    ageing: {from_minutes: number; to_minutes: number | null; n: number}[];
    sla: Record<string, number | string>;
    flow: Day[];
    ttr: Percentiles;
    by_cluster: {cluster: string; open: number; overdue: number; closed: number}[];
    by_team: {team: string; open: number; closed: number; p50_minutes: number | null; n: number}[];
  };
}

export interface Trust {
  concerns: string[];
  rejects: number;
}

export interface Start {
  version: string;
  schema_version: number;
  timezone: string;
  feeds: {feed: string; dashboard: string; tickets: string; csv: string; freshness: string}[];
  map: {center: [number, number] | null; zoom: number; outline: string | null; overlays: {name: string; url: string}[]; basemap: string | null};
  poll_seconds: number;
  ticket_url: string | null;
  me: {name: string; auth: string};
}

export interface Life {
  ticket_id: string;
  state: string | null;
  absent_since: string | null;
  ticket: Ticket | null;
  place: {source: string | null; precision: string | null; provider: string | null; name: string | null} | null;
  sla: {age_minutes: number | null; age_from: string | null; target_minutes: number | null; state: string} | null;
  events: {at: string; kind: string; export: string | null; run_id: number | null; changed: Record<string, [string | null, string | null]> | null}[];
  closures: {closed_at: string | null; observed_at: string; assigned_team?: string | null; mttr_minutes: number | null}[];
  rejects: number;
}
