-- The functions of generated columns. They run for every cell of every written row, so a well-formed cell needs no
-- regular expression, which would cost more than the rest of a load. Stored values do not change with a function's body:
-- a change needs a new name. Names outside pg_catalog are qualified, so that pg_restore finds them.

-- `YYYY-MM-DD HH:MM[:SS[.ffffff]]` (or with a T) as a time; null if it is not one. Independent of DateStyle and TimeZone.
CREATE FUNCTION tickets.local_ts(t text) RETURNS timestamp
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
    -- 19 characters, digits where they belong, every field in its range, a day that every month has.
    IF t LIKE '____-__-__ __:__:__' AND translate(t, '0123456789', '') = '-- ::'
        AND substr(t, 1, 4) COLLATE "C" BETWEEN '1970' AND '2199'
        AND substr(t, 6, 2) COLLATE "C" BETWEEN '01' AND '12' AND substr(t, 9, 2) COLLATE "C" BETWEEN '01' AND '28'
        AND substr(t, 12, 2) COLLATE "C" <= '23' AND substr(t, 15, 2) COLLATE "C" <= '59'
        AND substr(t, 18, 2) COLLATE "C" <= '59'
    THEN
        RETURN t::timestamp;
    END IF;
    IF t !~ '^(19[789]|2[01]\d)\d-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])[ T]([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,6})?)?$'
        OR substr(t, 9, 2)::int > extract(day FROM
            make_date(substr(t, 1, 4)::int, substr(t, 6, 2)::int, 1) + interval '1 month - 1 day')
    THEN
        RETURN NULL;
    END IF;
    RETURN t::timestamp;
END $$;

-- East Africa Time text as a time.
CREATE FUNCTION tickets.eat_ts(t text) RETURNS timestamptz
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN timezone('Africa/Nairobi', tickets.local_ts(t));

-- `536`, `536.0`: a whole number, halves rounded away from zero; null if it is not one, or too large.
CREATE FUNCTION tickets.whole(t text) RETURNS integer
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
    IF t <> '' AND length(t) < 10 AND translate(t, '0123456789', '') = '' THEN
        RETURN t::integer;
    END IF;
    IF t ~ '^[+-]?\d{1,9}(\.\d{0,20})?$' THEN
        RETURN round(t::numeric)::integer;
    END IF;
    RETURN NULL;
END $$;

-- A coordinate in decimal degrees; null if it is not one.
CREATE FUNCTION tickets.degrees(t text) RETURNS double precision
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
    IF t ~ '^[+-]?\d{1,3}(\.\d{1,20})?$' THEN
        RETURN t::double precision;
    END IF;
    RETURN NULL;
END $$;
