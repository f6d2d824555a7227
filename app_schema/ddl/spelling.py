"""The two spellings that PostgreSQL changes when it parses its own print again, as when restoring a dump.

Brackets in AND and OR: PostgreSQL parses ``a AND b AND c`` into one list, but a print with inner brackets
into nested lists, and prints the brackets from then on. An AND within an AND needs none, nor an OR within an
OR.

Casts of array elements: ``name IN ('a', 'b')`` of a varchar prints as
``(ARRAY['a'::character varying, 'b'::character varying])::text[]``, and, parsed again, as
``ARRAY[('a'::character varying)::text, ('b'::character varying)::text]``.

One block of PL/pgSQL folds both spellings. Guards contain the block, comparisons send it.
"""

from __future__ import annotations

import re

from app_schema.ddl.sql import dollar, literal

TEXTS = "app_schema.texts"
"""Setting: a JSON array of printed definitions, which :data:`FOLD` reads."""
FOLDED = "app_schema.folded"
"""Setting: the folded definitions, which :data:`FOLD` writes."""

_PIECE = r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|::|[][(),]|[^][\s(),'":]+|:"""
_GROUP = r"([(\[])([^][()]*)[)\]]"

# Literals and quoted names are encoded as hexadecimal digits, so that their text cannot look like SQL. The
# innermost brackets are replaced by a mark, chr(2) and a number, until one mark is left; finally each mark is
# replaced by its text.
_FOLD = f"""
DECLARE
  folded jsonb := '[]';
  printed text;
  t text;
  n int;
  part text[];
  words text[];
  folded_words text[];
  groups text[];
  openings text[];
  joins text[];
  word text;
  piece text;
  cast_ text;
  at int;
  k int;
  e int;
  list text[];
BEGIN
  FOR printed IN SELECT x FROM jsonb_array_elements_text(current_setting('{TEXTS}')::jsonb) AS x LOOP
    SELECT '( ' || coalesce(string_agg(CASE WHEN m[1] !~ '^[''"]' THEN m[1]
             ELSE chr(1) || encode(convert_to(m[1], getdatabaseencoding()), 'hex') END, ' ' ORDER BY o), '')
             || ' )'
      INTO t FROM regexp_matches(printed, {dollar(_PIECE, "re")}, 'g') WITH ORDINALITY AS r(m, o);
    n := 0;
    groups := '{{}}';
    openings := '{{}}';
    joins := '{{}}';
    LOOP
      part := regexp_match(t, {dollar(_GROUP, "re")});
      EXIT WHEN part IS NULL;
      words := regexp_split_to_array(btrim(part[2]), ' +');
      word := CASE WHEN 'AND' = ANY (words) AND 'OR' <> ALL (words) THEN 'AND'
                   WHEN 'OR' = ANY (words) AND 'AND' <> ALL (words) THEN 'OR' END;
      folded_words := '{{}}';
      FOR i IN 1 .. cardinality(words) LOOP
        k := CASE WHEN left(words[i], 1) = chr(2) THEN btrim(words[i], chr(2) || chr(3))::int END;
        IF openings[k] = '(' AND joins[k] = word AND (i = 1 OR words[i - 1] = word)
           AND (i = cardinality(words) OR words[i + 1] = word) THEN
          folded_words := folded_words || regexp_split_to_array(groups[k], ' +');
        ELSE
          folded_words := folded_words || words[i];
        END IF;
      END LOOP;
      words := folded_words;
      folded_words := '{{}}';
      at := 1;
      WHILE at <= cardinality(words) LOOP
        k := CASE WHEN left(words[at], 1) = chr(2) THEN btrim(words[at], chr(2) || chr(3))::int END;
        e := NULL;
        IF openings[k] = '(' AND words[at + 1] = '::'
           AND groups[k] ~ ('^ARRAY ' || chr(2) || '[0-9]+' || chr(3) || '$') THEN
          SELECT min(o) INTO e FROM unnest(words) WITH ORDINALITY AS u(w, o)
           WHERE o > at + 1 AND left(w, 1) = chr(2) AND (SELECT openings[x] = '[' AND groups[x] = ''
             FROM (SELECT btrim(w, chr(2) || chr(3))::int) AS v(x));
        END IF;
        IF e IS NULL THEN
          folded_words := folded_words || words[at];
          at := at + 1;
          CONTINUE;
        END IF;
        cast_ := array_to_string(words[at + 1:e - 1], ' ');
        k := btrim(split_part(groups[k], ' ', 2), chr(2) || chr(3))::int;
        list := '{{}}';
        FOREACH piece IN ARRAY string_to_array(groups[k], ' , ') LOOP
          n := n + 1;
          groups[n] := piece;
          openings[n] := '(';
          joins[n] := NULL;
          list := list || (chr(2) || n || chr(3) || ' ' || cast_);
        END LOOP;
        n := n + 1;
        groups[n] := array_to_string(list, ' , ');
        openings[n] := '[';
        joins[n] := NULL;
        folded_words := folded_words || 'ARRAY'::text || (chr(2) || n || chr(3));
        at := e + 1;
      END LOOP;
      n := n + 1;
      groups[n] := array_to_string(folded_words, ' ');
      openings[n] := part[1];
      joins[n] := word;
      t := regexp_replace(t, {dollar(_GROUP, "re")}, chr(2) || n || chr(3));
    END LOOP;
    FOR i IN REVERSE n .. 1 LOOP
      t := replace(t, chr(2) || i || chr(3), CASE openings[i] WHEN '(' THEN '(' || groups[i] || ')'
                                                              ELSE '[' || groups[i] || ']' END);
    END LOOP;
    folded := folded || to_jsonb(t);
  END LOOP;
  PERFORM set_config('{FOLDED}', folded::text, false);
END
"""
FOLD = "DO " + dollar(re.sub(r"\n +", "\n", _FOLD), "fold")
"""The block that reads :data:`TEXTS` and writes :data:`FOLDED`."""
_MAY_DIFFER = re.compile(r"\b(AND|OR|IN|BETWEEN|ANY|ALL|SOME|ARRAY)\b", re.IGNORECASE)


def may_differ(*statements: str) -> bool:
    """True if PostgreSQL may print the objects of these statements in two spellings."""
    return any(_MAY_DIFFER.search(statement) for statement in statements)


def equal(left: str, right: str) -> list[str]:
    """PL/pgSQL that sets ``alike``: two variables differ at most in spelling. ``fold`` is the text of
    FOLD."""
    return [
        f"  alike := {left} IS NOT DISTINCT FROM {right};",
        f"  IF NOT alike AND {left} IS NOT NULL AND {right} IS NOT NULL THEN",
        f"    PERFORM set_config({literal(TEXTS)}, jsonb_build_array({left}, {right})::text, false);",
        "    EXECUTE fold;",
        f"    SELECT f -> 0 = f -> 1 INTO alike FROM CAST(current_setting({literal(FOLDED)}) AS jsonb) AS f;",
        "  END IF;",
    ]
