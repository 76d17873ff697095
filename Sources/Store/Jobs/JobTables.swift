import GRDB

/// The tables of jobs. The database itself refuses what the service must never do: two running jobs of a connection, two
/// waiting requests for the same run, an ended job without an end.
enum JobTables {
    /// Migration 1.
    static func create(_ db: Database) throws {
        try db.execute(sql: jobs)
        try db.execute(sql: indexes)
        try db.execute(sql: besideJobs)
    }

    private static let jobs = """
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
        """

    // A job that was interrupted waits with an attempt above 1. It is the rest of a run that has started already, so it
    // satisfies no new request and does not stand in the way of one.
    private static let indexes = """
        CREATE UNIQUE INDEX jobs_one_running ON jobs (connection) WHERE state IN ('running', 'cancelling');
        CREATE UNIQUE INDEX jobs_one_queued ON jobs (connection, kind) WHERE state = 'queued' AND attempt = 1;
        CREATE UNIQUE INDEX jobs_one_interrupted ON jobs (connection) WHERE state = 'queued' AND attempt > 1;
        CREATE INDEX jobs_ended ON jobs (id) WHERE state IN ('succeeded', 'failed', 'cancelled');
        CREATE INDEX jobs_started ON jobs (connection, kind, id) WHERE started_at IS NOT NULL;
        """

    private static let besideJobs = """
        CREATE TABLE idempotency_keys (
            number INTEGER PRIMARY KEY NOT NULL,
            key TEXT NOT NULL UNIQUE,
            fingerprint TEXT NOT NULL,
            job_id TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
            created_at INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX idempotency_keys_age ON idempotency_keys (created_at);
        CREATE INDEX idempotency_keys_job ON idempotency_keys (job_id);
        CREATE TABLE schedule_ticks (
            connection TEXT NOT NULL,
            kind TEXT NOT NULL CHECK (kind IN ('initial', 'incremental')),
            expression TEXT NOT NULL,
            considered_until INTEGER NOT NULL,
            PRIMARY KEY (connection, kind)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE writable_probe (
            id INTEGER PRIMARY KEY NOT NULL CHECK (id = 1),
            count INTEGER NOT NULL
        ) STRICT;
        INSERT INTO writable_probe VALUES (1, 0);
        """
}
