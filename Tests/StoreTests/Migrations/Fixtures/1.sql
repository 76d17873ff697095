PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE grdb_migrations (identifier TEXT NOT NULL PRIMARY KEY);
INSERT INTO grdb_migrations VALUES('1 jobs');
CREATE TABLE jobs (
    id TEXT PRIMARY KEY NOT NULL CHECK (length(id) = 26),
    kind TEXT NOT NULL CHECK (kind IN ('initial', 'incremental')),
    connection TEXT NOT NULL CHECK (connection <> ''),
    state TEXT NOT NULL
        CHECK (state IN ('queued', 'running', 'cancelling', 'succeeded', 'failed', 'cancelled')),
    trigger_kind TEXT NOT NULL CHECK (trigger_kind IN ('api', 'schedule', 'command')),
    options TEXT NOT NULL CHECK (json_valid(options)),
    created_at INTEGER NOT NULL,
    started_at INTEGER,
    ended_at INTEGER,
    attempt INTEGER NOT NULL DEFAULT 1 CHECK (attempt >= 1),
    effective_kind TEXT CHECK (effective_kind IN ('initial', 'incremental')),
    fallback_reason TEXT,
    save_point TEXT NOT NULL CHECK (json_valid(save_point)),
    progress TEXT NOT NULL CHECK (json_valid(progress)),
    failure TEXT CHECK (failure IS NULL OR json_valid(failure)),
    version INTEGER NOT NULL DEFAULT 1 CHECK (version >= 1),
    CHECK ((ended_at IS NOT NULL) = (state IN ('succeeded', 'failed', 'cancelled'))),
    CHECK ((failure IS NOT NULL) = (state = 'failed')),
    CHECK (started_at IS NOT NULL OR state IN ('queued', 'cancelled'))
) STRICT;
INSERT INTO jobs VALUES('01M85W736MP9AKDB0ARC7HWNF6','initial','sandbox','succeeded','api','{}',1795493694676,1795493694681,1795493695353,1,'initial',NULL,'{"to":"1795493694691"}','{"etaSeconds":0,"machines":{"done":34,"total":34},"phase":"finishing","requests":{"car":19,"defender":41}}',NULL,11);
INSERT INTO jobs VALUES('01M85W73WKG5MARM80HTK77D3E','incremental','sandbox','succeeded','api','{}',1795493695379,1795493695382,1795493695447,1,'incremental',NULL,'{"from":"1795493694691","to":"1795493695387"}','{"etaSeconds":0,"machines":{"done":0,"total":0},"phase":"finishing","requests":{"car":3,"defender":3}}',NULL,10);
CREATE TABLE idempotency_keys (
    number INTEGER PRIMARY KEY NOT NULL,
    key TEXT NOT NULL UNIQUE,
    fingerprint TEXT NOT NULL,
    job_id TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    created_at INTEGER NOT NULL
) STRICT;
CREATE TABLE schedule_ticks (
    connection TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('initial', 'incremental')),
    expression TEXT NOT NULL,
    considered_until INTEGER NOT NULL,
    PRIMARY KEY (connection, kind)
) STRICT, WITHOUT ROWID;
INSERT INTO schedule_ticks VALUES('sandbox','initial','0 3 1 1 *',1795493694667);
CREATE TABLE writable_probe (
    id INTEGER PRIMARY KEY NOT NULL CHECK (id = 1),
    count INTEGER NOT NULL
) STRICT;
INSERT INTO writable_probe VALUES(1,0);
CREATE UNIQUE INDEX jobs_one_running ON jobs (connection) WHERE state IN ('running', 'cancelling');
CREATE UNIQUE INDEX jobs_one_queued ON jobs (connection, kind) WHERE state = 'queued' AND attempt = 1;
CREATE UNIQUE INDEX jobs_one_interrupted ON jobs (connection) WHERE state = 'queued' AND attempt > 1;
CREATE INDEX jobs_ended ON jobs (id) WHERE state IN ('succeeded', 'failed', 'cancelled');
CREATE INDEX jobs_started ON jobs (connection, kind, id) WHERE started_at IS NOT NULL;
CREATE INDEX idempotency_keys_age ON idempotency_keys (created_at);
CREATE INDEX idempotency_keys_job ON idempotency_keys (job_id);
COMMIT;
