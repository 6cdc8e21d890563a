"""Replays the exports of a feed into tables beside its own, compares the two, and takes over what differs.

past      the exports that a feed has loaded, in their order
archive   where their bytes are
shadow    the tables beside the feed's own
plan      what a rebuild has to do
replay    the exports one by one, by today's rules
captures  when the backlog of each day was counted
proof     where the two differ, and why
swap      takes over what differs
work      all of it, under the locks of both
"""
