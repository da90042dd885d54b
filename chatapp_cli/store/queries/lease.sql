-- name: lease.now
SELECT CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER);

-- name: lease.now@postgresql
SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT);

-- name: lease.read
SELECT epoch, holder, kind, taken_at, beat_at, wanted_by, wanted_at FROM lease;

-- name: lease.begin
INSERT INTO lease (id, epoch, holder, kind, taken_at, beat_at, wanted_by, wanted_at) VALUES (1, 0, '', '', 0, 0, '', 0)
ON CONFLICT (id) DO NOTHING;

-- name: lease.take
UPDATE lease SET epoch = epoch + 1, holder = :holder, kind = :kind, taken_at = :at, beat_at = :at,
  wanted_by = CASE WHEN wanted_by = :holder THEN '' ELSE wanted_by END;

-- name: lease.beat
UPDATE lease SET beat_at = :at WHERE epoch = :epoch AND holder <> '';

-- name: lease.leave
UPDATE lease SET holder = '', kind = '' WHERE epoch = :epoch;

-- name: lease.ask
UPDATE lease SET wanted_by = :holder, wanted_at = :at
WHERE wanted_by = :holder OR wanted_by = '' OR ABS(:at - wanted_at) >= :longest;

-- name: lease.ask_no_longer
UPDATE lease SET wanted_by = '' WHERE wanted_by = :holder;

-- name: lease.revision
SELECT version_num FROM alembic_version;
