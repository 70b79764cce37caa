"""Find agreements and activities by plain words: PostgreSQL full text for the words, trigrams for the typos.

A search term is any text by which an agreement is known: usual names, trades, titles, scope, NAF labels. A
term's score is the share of the query that it covers and the share of itself that the query covers, words
weighing by their rarity. The number of establishments decides between near equals, so that the agreement which
most employers apply comes first.
"""

from typing import Any

from django.db import connection, transaction

from branches.lookup import Hit
from branches.words import words_of

SEARCH = """
WITH typed AS MATERIALIZED (
    SELECT ord, word, (tsvector_to_array(to_tsvector('portal_fr', word)))[1] AS lexeme
    FROM unnest(%(words)s::text[]) WITH ORDINALITY AS t (word, ord)
), spelled AS MATERIALIZED (
    SELECT typed.ord, option.lexeme, option.quality, option.rarity
    FROM typed
    CROSS JOIN LATERAL (
        -- a word of the dictionary is taken at its word; another form of one may also be a typo
        SELECT known.lexeme, CASE WHEN known.word = typed.word THEN 1.0 ELSE 0.95 END AS quality, known.rarity
        FROM branches_searchword AS known WHERE known.lexeme = typed.lexeme
        ORDER BY quality DESC
        LIMIT 1
    ) AS option
), mended AS MATERIALIZED (
    SELECT typed.ord, option.lexeme, option.quality, option.rarity
    FROM typed
    CROSS JOIN LATERAL (
        SELECT near.lexeme, max(near.quality) AS quality, max(near.rarity) AS rarity
        FROM (
            -- trigrams find what looks alike; when little does, the edit distance keeps what may be a slip of
            -- the finger ("otel"), and a word within the word what was written without its spaces
            SELECT lexeme, rarity,
                   -- the beginning of a word stands for it while someone types; later, the less of it the less
                   CASE WHEN starts_with(word, typed.word)
                        THEN 0.9 * CASE WHEN %(typing)s THEN 1 ELSE length(typed.word)::float / length(word) END
                        WHEN length(word) >= 6 AND strpos(typed.word, word) > 0
                        THEN greatest(0.5, similarity(word, typed.word))
                        ELSE similarity(word, typed.word) END AS quality
            FROM branches_searchword
            WHERE (length(typed.word) >= %(stub)s AND word LIKE typed.word || '%%')
               OR (word %% typed.word
                   AND (similarity(word, typed.word) >= 0.45
                        OR (length(word) >= 6 AND strpos(typed.word, word) > 0)
                        OR levenshtein_less_equal(word, typed.word, 2) <= 1 + (length(typed.word) >= 6)::int))
            ORDER BY quality DESC, rarity
            LIMIT %(spellings)s
        ) AS near
        GROUP BY near.lexeme
    ) AS option
    WHERE typed.lexeme IS NOT NULL
      AND (NOT EXISTS (SELECT FROM spelled WHERE spelled.ord = typed.ord AND spelled.quality = 1)
           OR (%(typing)s AND typed.ord = (SELECT max(ord) FROM typed)))
), options AS MATERIALIZED (
    SELECT * FROM spelled UNION ALL SELECT ord, lexeme, quality * 0.9, rarity FROM mended
), query AS MATERIALIZED (
    SELECT sum(coalesce(rarity, %(unknown)s)) AS mass
    FROM (SELECT typed.ord, max(options.rarity * options.quality) AS rarity
          FROM typed LEFT JOIN options USING (ord) WHERE typed.lexeme IS NOT NULL GROUP BY typed.ord) AS words
), matches AS MATERIALIZED (
    -- the term's own columns travel along: joining the table again later would read it whole
    SELECT term.id, term.agreement_id, term.activity_id, term.text, term.kind, term.via, term.weight,
           term.mass AS term_mass, options.ord, max(options.quality * options.rarity) AS mass,
           max(options.quality) AS quality
    FROM branches_searchterm AS term
    JOIN options ON term.vector @@ quote_literal(options.lexeme)::tsquery
    GROUP BY term.id, options.ord
), scored AS (
    SELECT agreement_id, activity_id, text, kind, via, weight, min(quality) AS quality,
           least(1, sum(matches.mass) / max(query.mass)) AS recall,
           least(1, sum(matches.mass) / nullif(term_mass, 0)) AS precision
    FROM matches CROSS JOIN query
    GROUP BY id, agreement_id, activity_id, text, kind, via, weight, term_mass
), best AS (
    SELECT DISTINCT ON (agreement_id, activity_id) *,
           weight * (recall * 0.7 + precision * 0.3) AS score
    FROM scored
    ORDER BY agreement_id, activity_id, score DESC, length(text)
), whole AS (
    SELECT agreement_id, sum(word.mass) / max(query.mass) AS recall
    FROM (SELECT agreement_id, ord, max(mass) AS mass FROM matches GROUP BY agreement_id, ord) AS word
    CROSS JOIN query
    GROUP BY agreement_id
), counted AS (
    SELECT agreement_id, sum(establishments) AS establishments
    FROM branches_attachment WHERE source = 'siro' AND agreement_id IN (SELECT agreement_id FROM best)
    GROUP BY agreement_id
)
SELECT coalesce(best.agreement_id, ''), coalesce(best.activity_id, ''), best.text, best.kind,
       best.recall > 0.94 AND best.precision > 0.94 AND best.quality > 0.94 AS exact, best.via,
       best.score + 0.25 * coalesce(whole.recall, 0) + 0.06 * log(1 + coalesce(counted.establishments, 0)) AS rank
FROM best
LEFT JOIN whole USING (agreement_id)
LEFT JOIN counted USING (agreement_id)
WHERE best.recall > CASE WHEN best.quality > 0.94 OR %(typing)s THEN %(floor)s ELSE %(mended_floor)s END
ORDER BY best.agreement_id IS NULL, exact DESC, rank DESC, best.agreement_id, best.activity_id
"""


def find(text: str, *, agreements: int = 10, activities: int = 5, typing: bool = False) -> list[Hit]:
    """Agreements then activities that the words may mean, best first.

    `typing`: the last word is perhaps not finished, so longer words that begin with it count too.
    """
    words = words_of(text)
    if not words:
        return []
    parameters: dict[str, Any] = {
        "words": words,
        "typing": typing,
        "stub": 2 if typing else 4,  # how short a beginning may stand for a word
        "spellings": 6,
        "unknown": 3.0,  # rarity of a word that nothing resembles: what is left unmatched still counts
        "floor": 0.34,
        "mended_floor": 0.5,  # « Dupond » is a name rather than a mistyped trade
    }
    with connection.cursor() as cursor:
        cursor.execute(SEARCH, parameters)
        rows = cursor.fetchall()
    hits = [Hit(*row) for row in rows]
    return [hit for hit in hits if hit.idcc][:agreements] + [hit for hit in hits if hit.naf][:activities]


REBUILD = """
-- not TRUNCATE: searches go on with the old terms until the transaction commits
DELETE FROM branches_searchterm;
DELETE FROM branches_searchword;

WITH RECURSIVE chain (idcc, target, hops) AS (
    SELECT idcc, idcc, 0 FROM branches_agreement WHERE status <> 'escape'
    UNION ALL
    SELECT chain.idcc, agreement.successor_id, chain.hops + 1
    FROM chain JOIN branches_agreement AS agreement ON agreement.idcc = chain.target
    WHERE agreement.successor_id IS NOT NULL AND chain.hops < 10
), final AS (
    SELECT DISTINCT ON (idcc) idcc, target FROM chain ORDER BY idcc, hops DESC
), texts AS (
    SELECT agreement_id AS idcc, kind, name AS text, CASE kind WHEN 'trade' THEN 0.97 ELSE 1.0 END AS weight
    FROM branches_agreementname WHERE NOT retired
    UNION ALL SELECT idcc, 'title', short_title, 0.95 FROM branches_agreement WHERE short_title <> ''
    UNION ALL SELECT idcc, 'full_title', title, 0.75 FROM branches_agreement WHERE title <> ''
    UNION ALL SELECT idcc, 'scope', scope, 0.7 FROM branches_agreement WHERE scope <> ''
    UNION ALL SELECT idcc, 'idcc', idcc, 1.0 FROM branches_agreement
)
INSERT INTO branches_searchterm (agreement_id, activity_id, via, kind, text, weight, mass)
SELECT final.target, NULL, CASE WHEN final.target = texts.idcc THEN '' ELSE texts.idcc END, texts.kind, texts.text,
       texts.weight * CASE WHEN final.target = texts.idcc THEN 1 ELSE 0.85 END, 0
FROM texts JOIN final USING (idcc)
UNION ALL
SELECT NULL, code, '', 'activity', label, 0.8, 0 FROM branches_activity WHERE length(code) = 6;

INSERT INTO branches_searchword (word, lexeme, rarity)
SELECT word, lexeme, ln(1 + total::float / terms) FROM (
    SELECT DISTINCT ON (token) token AS word, (tsvector_to_array(to_tsvector('portal_fr', token)))[1] AS lexeme
    FROM (SELECT DISTINCT regexp_split_to_table(key, '[^a-z0-9]+') AS token FROM branches_searchterm) AS tokens
    WHERE token <> ''
) AS words
JOIN (SELECT word AS lexeme, ndoc AS terms FROM ts_stat('SELECT vector FROM branches_searchterm')) AS stat
USING (lexeme)
CROSS JOIN (SELECT count(*) AS total FROM branches_searchterm) AS all_terms;

UPDATE branches_searchterm AS term SET mass = weighed.mass
FROM (
    SELECT term.id, sum(stem.rarity) AS mass
    FROM branches_searchterm AS term
    CROSS JOIN LATERAL unnest(tsvector_to_array(term.vector)) AS lexeme
    JOIN (SELECT lexeme, max(rarity) AS rarity FROM branches_searchword GROUP BY lexeme) AS stem USING (lexeme)
    GROUP BY term.id
) AS weighed
WHERE weighed.id = term.id;
"""


def rebuild() -> None:
    """Derive the search terms and the dictionary anew from agreements, names and activities."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(REBUILD)
