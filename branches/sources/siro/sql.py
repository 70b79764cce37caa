"""The statements by which a vintage is staged, compared and served; all run in one transaction."""

# The comparison joins 3.7 million rows with 3.7 million. The planner believes that most of them will differ, and
# that sending them from its workers costs more than the workers save; hardly any do.
TUNING = """
SET LOCAL parallel_tuple_cost = 0
"""

_COLUMNS = "(siret bigint NOT NULL, idcc text, owner text, manager text)"
CREATE_LOGGED = f"CREATE TABLE branches_establishment_next {_COLUMNS}"
CREATE_UNLOGGED = f"CREATE UNLOGGED TABLE branches_establishment_next {_COLUMNS}"
# The table is born in this transaction, so its rows can be written as if long committed: no later reader has to
# look up and mark whether they are.
COPY = """
COPY branches_establishment_next (siret, idcc, owner, manager)
FROM STDIN WITH (FORMAT text, DELIMITER '|', NULL '', FREEZE)
"""
GROUPS = (
    "SELECT idcc, owner, manager, count(*) FROM branches_establishment_next GROUP BY idcc, owner, manager"
)

ADD_KEY = "ALTER TABLE branches_establishment_next ADD CONSTRAINT branches_establishment_next_pkey PRIMARY KEY (siret)"
ANALYZE = "ANALYZE branches_establishment_next"
# Readers wait for the rename to commit, which is at once, and then find the new table under the old name. A backup
# that reads the old one must not make them wait behind us for as long as it takes.
REPLACE = """
SET LOCAL lock_timeout = '3s';
DROP TABLE branches_establishment;
ALTER TABLE branches_establishment_next RENAME TO branches_establishment;
ALTER TABLE branches_establishment RENAME CONSTRAINT branches_establishment_next_pkey TO branches_establishment_pkey
"""

COMPARE = """
CREATE TEMPORARY TABLE siro_changes ON COMMIT DROP AS
SELECT siret,
       CASE WHEN served.siret IS NULL THEN 'appeared' WHEN next.siret IS NULL THEN 'vanished'
            WHEN served.owner IS DISTINCT FROM next.owner THEN 'moved' ELSE 'detail' END AS kind,
       served.idcc AS old_idcc, served.owner AS old_owner, served.manager AS old_manager,
       next.idcc, next.owner, next.manager
FROM branches_establishment AS served FULL JOIN branches_establishment_next AS next USING (siret)
WHERE served.siret IS NULL OR next.siret IS NULL
   OR served.idcc IS DISTINCT FROM next.idcc OR served.owner IS DISTINCT FROM next.owner
   OR served.manager IS DISTINCT FROM next.manager;
ANALYZE siro_changes
"""
DROP_CHANGES = "DROP TABLE siro_changes"
LINED_UP = """
SELECT count(*) FILTER (WHERE kind <> 'vanished'), count(DISTINCT siret) FILTER (WHERE kind <> 'vanished'),
       count(*) FILTER (WHERE kind = 'appeared'), count(*) FILTER (WHERE kind = 'vanished')
FROM siro_changes
"""
CHANGED_GROUPS = """
SELECT idcc, owner, manager, sum(difference)::bigint FROM (
    SELECT idcc, owner, manager, 1 FROM siro_changes WHERE kind <> 'vanished'
    UNION ALL SELECT old_idcc, old_owner, old_manager, -1 FROM siro_changes WHERE kind <> 'appeared'
) AS changes (idcc, owner, manager, difference)
GROUP BY idcc, owner, manager
"""
KINDS = "SELECT kind, count(*) FROM siro_changes GROUP BY kind"
MOVED = "SELECT old_owner, owner, count(*) FROM siro_changes WHERE kind = 'moved' GROUP BY old_owner, owner"

REPEATED = """
CREATE TEMPORARY TABLE siro_repeated ON COMMIT DROP AS
SELECT siret, count(*) AS copies, count(DISTINCT (idcc, owner, manager)) AS versions,
       min(idcc) AS idcc, min(owner) AS owner, min(manager) AS manager,
       string_agg(DISTINCT concat_ws(' ', 'IDCC', coalesce(idcc, '–'), coalesce(owner, 'sans OPCO'), manager), ', ')
       AS said
FROM branches_establishment_next GROUP BY siret HAVING count(*) > 1
"""
CONTRADICTORY = """
SELECT siret, left(said, 200) FROM siro_repeated WHERE versions > 1 ORDER BY siret LIMIT %(most)s
"""
TOO_MANY = """
SELECT coalesce(sum(copies) FILTER (WHERE versions > 1), 0)::bigint,
       coalesce(sum(copies - 1) FILTER (WHERE versions = 1), 0)::bigint
FROM siro_repeated
"""
DROP_REPEATED = """
DELETE FROM branches_establishment_next AS next USING siro_repeated AS repeated WHERE next.siret = repeated.siret;
INSERT INTO branches_establishment_next (siret, idcc, owner, manager)
SELECT siret, idcc, owner, manager FROM siro_repeated WHERE versions = 1;
DROP TABLE siro_repeated
"""

KEEP = """
INSERT INTO branches_establishmentchange
    (run_id, siret, kind, old_idcc, old_owner, old_manager, idcc, owner, manager)
SELECT %(run)s, siret, kind, old_idcc, old_owner, old_manager, idcc, owner, manager FROM siro_changes ORDER BY siret
"""
APPLY = """
DELETE FROM branches_establishment AS served USING siro_changes AS changed
WHERE changed.kind = 'vanished' AND served.siret = changed.siret;
UPDATE branches_establishment AS served
SET idcc = changed.idcc, owner = changed.owner, manager = changed.manager
FROM siro_changes AS changed WHERE changed.kind IN ('moved', 'detail') AND served.siret = changed.siret;
INSERT INTO branches_establishment (siret, idcc, owner, manager)
SELECT siret, idcc, owner, manager FROM siro_changes WHERE kind = 'appeared'
"""
DROP_STAGE = "DROP TABLE branches_establishment_next"

# What leads back to the state after one run: for each establishment that later runs changed, from what the last of
# them left to what the first of them found.
UNDO = """
CREATE TEMPORARY TABLE siro_changes ON COMMIT DROP AS
WITH later AS (
    SELECT change.* FROM branches_establishmentchange AS change
    JOIN sync_syncrun AS run ON run.id = change.run_id
    WHERE run.source_id = %(source)s AND run.state = 'published' AND run.id > %(target)s
), first AS (
    SELECT DISTINCT ON (siret) siret, kind = 'appeared' AS absent, old_idcc, old_owner, old_manager
    FROM later ORDER BY siret, run_id
), last AS (
    SELECT DISTINCT ON (siret) siret, kind = 'vanished' AS absent, idcc, owner, manager
    FROM later ORDER BY siret, run_id DESC
)
SELECT siret,
       CASE WHEN last.absent THEN 'appeared' WHEN first.absent THEN 'vanished'
            WHEN last.owner IS DISTINCT FROM first.old_owner THEN 'moved' ELSE 'detail' END AS kind,
       last.idcc AS old_idcc, last.owner AS old_owner, last.manager AS old_manager,
       first.old_idcc AS idcc, first.old_owner AS owner, first.old_manager AS manager
FROM first JOIN last USING (siret)
WHERE NOT (first.absent AND last.absent)
  AND (first.absent OR last.absent
       OR (last.idcc, last.owner, last.manager)
          IS DISTINCT FROM (first.old_idcc, first.old_owner, first.old_manager));
ANALYZE siro_changes
"""
