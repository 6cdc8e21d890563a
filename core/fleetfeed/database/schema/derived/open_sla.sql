-- Open tickets with their age against a target. The age counts around the clock: it is no contractual SLA compliance.
CREATE VIEW tickets.@feed@_open_sla AS
@open_tickets(now)@;
