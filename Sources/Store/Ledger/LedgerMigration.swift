import GRDB

/// The tables of runs and of the ledger, as of the second migration.
enum LedgerMigration {
    static func migrate(_ db: Database) throws {
        for statement in tables { try db.execute(sql: statement) }
    }

    /// Third migration. `brief` is of a CVE's date and score as they were when its description was read and confirmed;
    /// `adapters` is what the machine list says of addresses.
    static func addBriefsAndAdapters(_ db: Database) throws {
        try db.execute(sql: "ALTER TABLE vertex ADD COLUMN brief INTEGER")
        try db.execute(sql: "ALTER TABLE run_machine ADD COLUMN adapters TEXT")
    }

    /// Fourth migration. A batch's plan has a token; while it is in `open_plan`, CAR may lack what rows with that token
    /// say. So confirming a batch is one row, and not one for each of its edges. Token 1 stands for everything that was
    /// unconfirmed before.
    static func addPlans(_ db: Database) throws {
        try db.execute(
            sql: """
                CREATE TABLE open_plan (token INTEGER PRIMARY KEY AUTOINCREMENT, generation INTEGER NOT NULL) STRICT;
                INSERT INTO open_plan (token, generation) VALUES (1, 0);
                ALTER TABLE vertex ADD COLUMN plan INTEGER NOT NULL DEFAULT 0;
                ALTER TABLE machine ADD COLUMN plan INTEGER NOT NULL DEFAULT 0;
                ALTER TABLE shared_edge ADD COLUMN plan INTEGER NOT NULL DEFAULT 0;
                UPDATE machine SET plan = 1 WHERE confirmed = 0;
                UPDATE shared_edge SET plan = 1 WHERE confirmed = 0;
                ALTER TABLE machine DROP COLUMN confirmed;
                ALTER TABLE shared_edge DROP COLUMN confirmed;
                """)
    }

    /// Eighth migration: what an alert is called in CAR, which refuses one without a name. NULL until it is read again.
    static func addAlertTitles(_ db: Database) throws {
        try db.execute(sql: "ALTER TABLE alert ADD COLUMN title TEXT")
    }

    private static let tables = [
        // One row a connection: which generation of the ledger is in use, and what it belongs to.
        """
        CREATE TABLE ledger (
            connection TEXT PRIMARY KEY NOT NULL,
            generation INTEGER,
            save_point TEXT,
            pending_save_point TEXT,
            alerts_through INTEGER,
            open_alerts_due INTEGER NOT NULL DEFAULT 0 CHECK (open_alerts_due IN (0, 1)),
            vulnerabilities_through INTEGER,
            invalid_reason TEXT,
            machine_page_rows INTEGER NOT NULL DEFAULT 0,
            alert_page_rows INTEGER NOT NULL DEFAULT 0
        ) STRICT
        """,
        """
        CREATE TABLE generation (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            connection TEXT NOT NULL
        ) STRICT
        """,
        // The dictionary of vertices. `fingerprint` is of the fields that CAR confirmed; NULL until then.
        """
        CREATE TABLE vertex (
            id INTEGER PRIMARY KEY,
            generation INTEGER NOT NULL,
            collection INTEGER NOT NULL,
            key TEXT NOT NULL,
            fingerprint INTEGER,
            UNIQUE (generation, collection, key)
        ) STRICT
        """,
        // `confirmed` is 0 from the moment a document is about to be sent until CAR has confirmed all of it. `examined` is
        // 1 once its findings have been read.
        """
        CREATE TABLE machine (
            generation INTEGER NOT NULL,
            machine_id TEXT NOT NULL,
            confirmed INTEGER NOT NULL CHECK (confirmed IN (0, 1)),
            examined INTEGER NOT NULL CHECK (examined IN (0, 1)),
            last_seen INTEGER,
            document BLOB NOT NULL,
            PRIMARY KEY (generation, machine_id)
        ) STRICT, WITHOUT ROWID
        """,
        "CREATE INDEX machine_last_seen ON machine (generation, last_seen)",
        """
        CREATE TABLE shared_edge (
            generation INTEGER NOT NULL,
            kind INTEGER NOT NULL,
            from_id INTEGER NOT NULL,
            to_id INTEGER NOT NULL,
            machines INTEGER NOT NULL CHECK (machines > 0),
            confirmed INTEGER NOT NULL CHECK (confirmed IN (0, 1)),
            PRIMARY KEY (generation, kind, from_id, to_id)
        ) STRICT, WITHOUT ROWID
        """,
        // Edges to disable: nothing implies them any more, and CAR may show them as active.
        """
        CREATE TABLE gone_edge (
            id INTEGER PRIMARY KEY,
            generation INTEGER NOT NULL,
            kind INTEGER NOT NULL,
            from_key TEXT NOT NULL,
            to_key TEXT NOT NULL,
            UNIQUE (generation, kind, from_key, to_key)
        ) STRICT
        """,
        """
        CREATE TABLE alert (
            generation INTEGER NOT NULL,
            alert_id TEXT NOT NULL,
            machine_id TEXT NOT NULL,
            last_update INTEGER,
            fingerprint INTEGER NOT NULL,
            confirmed INTEGER NOT NULL CHECK (confirmed IN (0, 1)),
            PRIMARY KEY (generation, alert_id)
        ) STRICT, WITHOUT ROWID
        """,
        "CREATE INDEX alert_machine ON alert (generation, machine_id)",
        """
        CREATE TABLE run (
            job_id TEXT PRIMARY KEY NOT NULL,
            connection TEXT NOT NULL,
            generation INTEGER,
            checkpoint TEXT NOT NULL,
            report TEXT NOT NULL
        ) STRICT
        """,
        // The work list.
        """
        CREATE TABLE run_machine (
            job_id TEXT NOT NULL,
            machine_id TEXT NOT NULL,
            position INTEGER NOT NULL,
            dns_name TEXT,
            os_platform TEXT,
            os_version TEXT,
            last_ip TEXT,
            last_external_ip TEXT,
            health_status TEXT,
            last_seen INTEGER,
            PRIMARY KEY (job_id, machine_id)
        ) STRICT, WITHOUT ROWID
        """,
        "CREATE UNIQUE INDEX run_machine_position ON run_machine (job_id, position)",
        """
        CREATE TABLE run_batch (
            job_id TEXT NOT NULL,
            number INTEGER NOT NULL,
            first_position INTEGER NOT NULL,
            machines INTEGER NOT NULL,
            starts INTEGER NOT NULL DEFAULT 0,
            done INTEGER NOT NULL DEFAULT 0 CHECK (done IN (0, 1)),
            PRIMARY KEY (job_id, number)
        ) STRICT, WITHOUT ROWID
        """,
        """
        CREATE TABLE run_deletion (
            job_id TEXT NOT NULL,
            machine_id TEXT NOT NULL,
            PRIMARY KEY (job_id, machine_id)
        ) STRICT, WITHOUT ROWID
        """,
    ]
}
