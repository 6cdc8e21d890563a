"""Small exports in the shape of well-known systems, made up, and what is to come of them."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Real:
    """One export: what is guessed of it, what is asked, and parts of the declaration that must stand there."""

    content: str
    key: str
    asked: tuple[str, ...] = ()  # a part of each question, in their order
    roles: dict[str, str | tuple[str, ...]] = field(default_factory=dict)
    declares: tuple[str, ...] = ()
    encoding: str = "utf-8"


BOSTON = """,CASE_ENQUIRY_ID,open_dt,closed_dt,CASE_STATUS,TYPE,Location,LATITUDE,LONGITUDE
0,101001240735,2026-11-03 08:10:00,2026-11-16 09:30:00,Closed,Street Light Outages,1 Elm St,42.3,-71.05
1,101001240736,2026-11-14 16:45:00,,Open,Street Light Outages,22 Oak Ave,42.31,-71.06
2,101001240737,2026-11-15 16:45:00,,Open,Street Light Outages,3 Pine Rd,42.32,-71.07
"""
SAN_FRANCISCO = """unique_key,created_date,closed_date,status,category,incident_address,location
11511140,2026-10-06 00:05:55 UTC,2026-10-06 00:14:00 UTC,Closed,Cleaning,1 Mission St,POINT (-122.40 37.79)
11511155,2026-10-06 00:07:00 UTC,,Open,Graffiti,20 Haight St,POINT (-122.45 37.73)
11511190,2026-10-06 01:07:00 UTC,,Open,Graffiti,7 Geary Blvd,POINT (-122.44 37.78)
"""
NEW_YORK = """Unique Key,Created Date,Closed Date,Location Type,Incident Address,Status,Latitude,Longitude,Location
63000001,11/20/2026 10:00:00 PM,11/21/2026 01:15:00 AM,Street,1 BROADWAY,Closed,40.7,-73.9,"(40.7, -73.9)"
63000002,11/20/2026 10:30:00 PM,,Street,20 CANAL STREET,Open,40.71,-73.91,"(40.71, -73.91)"
63000003,11/21/2026 12:05:00 AM,,Street,5 PARK AVENUE,In Progress,40.72,-73.92,"(40.72, -73.92)"
"""
NEW_YORK_JSON = """unique_key,created_date,closed_date,status,incident_address,location
63000001,2026-11-20T22:00:00.000,2026-11-21T01:15:00.000,Closed,1 BROADWAY,"{'latitude': '40.7', 'longitude': '-73.9'}"
63000002,2026-11-20T22:30:00.000,,Open,20 CANAL STREET,"{'latitude': '40.71', 'longitude': '-73.91'}"
"""
ZENDESK = """Id,Subject,Status,Group,Assignee,Created at,Updated at,Solved at
1001,Cannot log in,Closed,IT,Ann,2026-11-03T08:10:00Z,2026-11-05T08:10:00Z,2026-11-04T08:10:00Z
1002,Mail is slow,Open,IT,Ben,2026-11-14T16:45:00Z,2026-11-14T16:50:00Z,
1007,Printer,Pending,Facilities,,2026-11-15T16:45:00Z,2026-11-16T16:50:00Z,
"""
SERVICENOW = """number,opened_at,closed_at,incident_state,caller_id,assignment_group,sys_updated_on,location
INC0000045,28-02-2026 01:16,05-03-2026 12:00,Closed,Caller 2403,Group 56,05-03-2026 12:00,Location 143
INC0000047,28-02-2026 04:40,,Active,Caller 2403,Group 70,01-03-2026 09:52,Location 165
INC0000057,28-02-2026 06:10,,New,Caller 4416,?,01-03-2026 02:55,Location 204
"""
JIRA = """Summary,Issue key,Issue Type,Status,Created,Resolved,Labels,Labels,Labels,Comment,Comment
Fix login,PRJ-1,Bug,Done,15/Aug/23 6:12 PM,16/Aug/23 9:01 AM,backend,urgent,,"15/Aug/23 7:00 PM;ann;At 9;30",
Slow page,PRJ-2,Task,To Do,20/Aug/23 10:00 AM,,ui,,,,
No mail,PRJ-3,Bug,In Progress,21/Aug/23 8:30 AM,,,,,,
"""
GLPI = """"ID";"Title";"Status";"Last update";"Opening date";"Priority";"Requester"
"2 031";"Printer";"Processing (assigned)";"2026-11-14 16:45";"2026-11-03 08:10";"High";"Ann"
"2 044";"Network";"Pending";"2026-11-15 16:45";"2026-11-14 16:45";"Low";"Ben"
"2 050";"Mail";"New";"2026-11-16 16:45";"2026-11-15 16:45";"Low";"Ben"
"""
TITLES = """Incident report;;;
Generated 2026-11-20;;;
;;;
Ticket No;Status;Opened;Closed
T-1;Closed;03.11.2026 08:10;16.11.2026 09:30
T-2;Open;14.11.2026 16:45;
Grand Total;;;
"""
EXCEL = """sep=;
Ticket No;Status;Opened;Closed;Hours;Costs;
="0012";Closed;03.11.2026 08:10;16.11.2026 09:30;12,5;1.234,00;
="0013";Open;14.11.2026 16:45;;2;;
="0014";Open;15.11.2026 16:45;;0,5;12,00;
"""
INDEX = """id,title,status,opened_at,closed_at
0,Lamp,Closed,2026-11-03 08:10,2026-11-16 09:30
1,Pothole,Open,2026-11-14 16:45,
2,Tree,Open,2026-11-15 16:45,
"""
EPOCH = """ticket_id,status,created,closed
4711,Closed,1793693400,1793700000
4712,Open,1793693500,
4720,Open,1793693600,
"""
LOCALISED = """ticket_id,status,opened,closed
4711,Closed,03.Mär.2026 10:00,04.Okt.2026 11:00
4712,Open,05.Dez.2026 11:00,
4720,Open,06.Dez.2026 12:00,
"""
REAL = {
    "Boston street lights": Real(
        BOSTON,
        "case_enquiry_id",
        roles={"status": "case_status", "closed": "closed_dt", "created": ("open_dt",), "location": "location"},
    ),
    "San Francisco 311": Real(
        SAN_FRANCISCO,
        "unique_key",
        roles={"closed": "closed_date", "created": ("created_date",), "location": "incident_address"},
        declares=('Moment("closed_date", zone="UTC", formats=TIMES)', '("%Y-%m-%d %H:%M:%S UTC",)'),
    ),
    "New York 311": Real(
        NEW_YORK,
        "unique_key",
        roles={"closed": "closed_date", "created": ("created_date",), "location": "incident_address"},
        declares=('TIMES = ("%m/%d/%Y %I:%M:%S %p",)', 'latitude="latitude"'),
    ),
    "New York 311 from its API": Real(NEW_YORK_JSON, "unique_key", roles={"location": "incident_address"}),
    "Zendesk": Real(
        ZENDESK,
        "id",
        roles={"closed": "solved_at", "created": ("created_at",), "team": "group", "owner": "assignee"},
        declares=('winner=("updated_at",)', 'TIMES = ("%Y-%m-%dT%H:%M:%S%z",)'),
    ),
    "ServiceNow": Real(
        SERVICENOW,
        "number",
        roles={"status": "incident_state", "closed": "closed_at", "created": ("opened_at",), "location": "location"},
        declares=('TIMES = ("%d-%m-%Y %H:%M",)', 'nulls=("?",)'),
    ),
    "Jira": Real(
        JIRA,
        "issue_key",
        (),
        roles={"closed": "resolved", "created": ("created",)},
        declares=('TIMES = ("%d/%b/%y %I:%M %p",)', 'Text("labels_2")', 'Text("comment_2")', '"Labels_3": "labels_3"'),
    ),
    "GLPI, open tickets only": Real(
        GLPI,
        "id",
        ("which words mean closed?", "when was a ticket closed?"),
        {"created": ("opening_date",)},
        ('delimiter=";"',),
    ),
    "titles before the header, a total at the end": Real(
        TITLES, "ticket_no", declares=('delimiter=";"', 'TIMES = ("%d.%m.%Y %H:%M",)')
    ),
    "a spreadsheet of a German desk": Real(
        EXCEL,
        "ticket_no",
        declares=(
            'delimiter=";"',
            'Text("hours")',
            'Whole("costs", decimal=",", thousands=".")',
        ),
    ),
    "an index that counts the records": Real(
        INDEX, "the key: which column names a ticket?", ("; id only numbers the records",)
    ),
    "seconds since 1970": Real(
        EPOCH,
        "ticket_id",
        (
            "created looks like times in seconds since 1970 ('1793693400', '1793693500')",
            "closed looks like",
        ),
    ),
    "months in German": Real(
        LOCALISED,
        "ticket_id",
        ("opened looks like times in a format that cannot be guessed ('03.Mär.2026 10:00'", "closed looks like"),
    ),
}
