"""A reference file that is wrong is refused with its line and its reason, and all is told at once."""

import os
from datetime import date

import pytest

from branches.reference.reader import InvalidReference
from financing.calculator.rules import Rule
from financing.calculator.terms import Scheme
from financing.reference.consistency import PAID, SCOPE, SETS
from financing.reference.files import read_all
from tests.financing.files import BASE, SECOND, replaced, write

TWO = BASE + SECOND
TIERS = "tiers: [{measure: hours, end: 10, rate: 40}, {measure: hours, start: 10, rate: 20}]"
SLICES = "tiers: [{measure: euros, end: 500, percent: 100}, {measure: euros, start: 500, percent: 50}]"
CEILING = "{amount: %s, per: person, period: year}"
TWIN = SECOND.replace("atlas-course-50", "atlas-course")
PLAN = "payments: [{circuit: direct, text: Direct, source: https://a.fr, %s}]\nrules:"
CAUTION = "cautions:\n  - text: À reconfirmer\n    rules: [%s]\nrules:"
STATUS = "{status: exhausted, since: %s, source: https://a.fr}"
FUNDS = "    funds:\n      - %s\nrules:"


def spoilt(folder, text):
    """What is told of a file with that text."""
    write(folder, text=text)
    with pytest.raises(InvalidReference) as error:
        read_all(folder)
    return error.value.problems


def versions(*changes):
    """Two versions of a rule, the second of which begins at line 23."""
    return BASE + "    until: 2026-12-31\n" + replaced(TWIN, *changes) + "    since: 2027-01-01\n"


def case(name, line, reason, *changes, text=BASE):
    return pytest.param(replaced(text, *changes), line, reason, id=name)


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        # the shape
        case("not YAML", 15, "YAML mal formé", ("max: 10}", "max: 10")),
        case("empty", 1, "fichier vide.", (BASE, "")),
        case("a list", 1, "des clés sont attendues (opco, verified_on", (BASE, "- atlas")),
        case("unknown key", 17, "clé inconnue « rates », peut-être « rate ».", ("rate: 40", "rates: 40")),
        case("missing key", 10, "clé « confidence » manquante.", ("    confidence: exact\n", "")),
        case(
            "missing source",
            10,
            "clé « source » manquante.",
            (
                "envelope: atlas-budget\n    source: https://www.opco-atlas.fr/criteres",
                "envelope: atlas-budget",
            ),
        ),
        case("key twice", 18, "clé « rate » répétée, déjà ligne 17.", ("unit: hour", "rate: 45")),
        case(
            "alias",
            15,
            "duration : un alias de YAML ne vaut que pour une liste",
            ("{min: 1, max: 10}", "&it {min: 1, max: 10}\n    duration: *it"),
        ),
        case("merge key", 15, "clé inconnue « << ».", ("    cost: ", "    <<: {rate: 3}\n    cost: ")),
        # the values
        case("text for a number", 17, "rate « quarante » : nombre attendu", ("rate: 40", "rate: quarante")),
        case("quoted number", 17, "rate « 40 » : nombre attendu", ("rate: 40", 'rate: "40"')),
        case("decimal bound", 14, "min « 3.5 » : nombre entier attendu.", ("min: 1", "min: 3.5")),
        case(
            "number for a text", 13, "idccs « 1486 » : texte attendu, entre guillemets.", ('"1486"', "1486")
        ),
        case("octal", 13, "idccs « 0016 » : texte attendu, entre guillemets.", ('"1486"', "0016")),
        case("nothing", 12, "label : valeur vide", ("label: Cours des bureaux d’études", "label:")),
        case(
            "only spaces",
            12,
            "espaces au début ou à la fin.",
            ("label: Cours des bureaux d’études", 'label: "  "'),
        ),
        case(
            "spaces around", 12, "espaces au début ou à la fin.", ("Cours des bureaux d’études", '"Cours "')
        ),
        case("a value for a list", 13, "idccs : une liste est attendue.", ('["1486"]', '"1486"')),
        case("a list for a value", 17, "rate : une seule valeur est attendue.", ("rate: 40", "rate: [40]")),
        case(
            "a number for bounds",
            14,
            "headcount : des clés sont attendues (min, max).",
            ("{min: 1, max: 10}", "10"),
        ),
        case("bad date", 2, "verified_on « 05/10/2026 » : date attendue", ("2026-10-05", "05/10/2026")),
        case("no such day", 2, "verified_on « 2026-02-30 » : date attendue", ("2026-10-05", "2026-02-30")),
        case(
            "yes",
            17,
            "within_pedagogical « yes » : true ou false attendu.",
            ("rate: 40", "within_pedagogical: yes"),
        ),
        case(
            "unknown term",
            11,
            "scheme « plan » : terme inconnu, attendu pdc, conventional, voluntary",
            ("scheme: pdc", "scheme: plan"),
        ),
        case(
            "unknown literal",
            17,
            "per « équipe » : terme inconnu, attendu group, person.",
            ("rate: 40", "per: équipe"),
        ),
        case(
            "twice in a list", 13, "idccs « 1486 » : répété dans la liste.", ('["1486"]', '["1486", "1486"]')
        ),
        # figures
        case("negative", 17, "rate « -40 » : un montant n’est pas négatif.", ("rate: 40", "rate: -40")),
        case("zero", 17, "zéro ne veut pas dire « non publié »", ("rate: 40", "rate: 0")),
        case("negative budget", 7, "amount « -1 » : un montant n’est pas négatif.", ("2500", "-1")),
        case(
            "five decimals",
            17,
            "rate : Assurez-vous qu’il n’y a pas plus de 4",
            ("rate: 40", "rate: 40.12345"),
        ),
        case(
            "percent over 100",
            29,
            "percent « 150 » : un pourcentage va de 0 à 100.",
            ("percent: 50", "percent: 150"),
            text=TWO,
        ),
        case("bounds inverted", 14, "max « 10 » : inférieur à min « 11 ».", ("min: 1,", "min: 11,")),
        case(
            "range inverted", 18, "rate_max « 30 » : dépasse rate", ("rate: 40", "rate: 40\n    rate_max: 30")
        ),
        case(
            "tiers that overlap",
            17,
            "celle qui commence à 5 en recouvre une",
            ("rate: 40", TIERS.replace("start: 10", "start: 5")),
        ),
        case(
            "tiers with a hole",
            17,
            "tiers : les tranches se suivent ; rien n’est dit de 10 à 12.",
            ("rate: 40", TIERS.replace("start: 10", "start: 12")),
        ),
        case(
            "tiers by the hour without an hour",
            17,
            "tiers : un taux par tranche est celui d’une heure (« unit: hour »).",
            ("rate: 40", TIERS),
            ("    unit: hour\n", ""),
        ),
        case(
            "tiers and a rate",
            17,
            "rate : des tranches (tiers) donnent tout le montant.",
            ("rate: 40", f"rate: 40\n    {TIERS}"),
        ),
        case(
            "tiers and a percentage",
            18,
            "percent : des tranches (tiers) donnent tout le montant.",
            ("rate: 40", f"{TIERS}\n    percent: 50"),
        ),
        case(
            "tiers for some people",
            18,
            "max_persons : des tranches (tiers) donnent tout le montant.",
            ("rate: 40", f"{TIERS}\n    max_persons: 3"),
        ),
        case(
            "slices of travel as a whole",
            29,
            "tiers : des tranches en euros sont celles d’un seul coût, pas de « ancillary ».",
            ("percent: 50", SLICES),
            ("pedagogical\n    basis: percent", "ancillary\n    basis: percent"),
            text=TWO,
        ),
        case(
            "slices of everything",
            29,
            "tiers : des tranches en euros sont celles d’un seul coût, pas de « all ».",
            ("percent: 50", SLICES),
            ("pedagogical\n    basis: percent", "all\n    basis: percent"),
            text=TWO,
        ),
        case(
            "tier without rate",
            17,
            "une tranche en hours demande rate ou amount.",
            ("rate: 40", TIERS.replace("10, rate: 20", "10")),
        ),
        # what a basis asks for
        case("rate without unit", 17, "rate : demande son unité (unit).", ("    unit: hour\n", "")),
        case(
            "unit of another basis",
            18,
            "unit « day » : « hour » attendu avec basis « hourly ».",
            ("unit: hour", "unit: day"),
        ),
        case("hourly without rate", 16, "basis « hourly » : demande rate ou tiers", ("    rate: 40\n", "")),
        case(
            "percent without any",
            28,
            "basis « percent » : demande percent ou tiers.",
            ("    percent: 50\n", ""),
            text=TWO,
        ),
        case(
            "excluded with an amount",
            17,
            "rate : une règle « excluded » n’a pas de montant.",
            ("hourly", "excluded"),
        ),
        case(
            "unpublished with an amount",
            29,
            "percent : une règle « unpublished » n’a pas",
            ("basis: percent", "basis: unpublished"),
            text=TWO,
        ),
        case("actual with a rate", 17, "rate : un coût réel n’a pas de taux", ("hourly", "actual")),
        case(
            "a share of fees without a percentage",
            19,
            "percent_of « pedagogical » : demande percent.",
            ("pedagogical\n", "wages\n"),
            ("    envelope", "    percent_of: pedagogical\n    envelope"),
        ),
        case(
            "a share of themselves",
            30,
            "percent_of « pedagogical » : ces coûts seraient une part d’eux-mêmes",
            ("percent: 50", "percent: 50\n    percent_of: pedagogical"),
            text=TWO,
        ),
        case(
            "several actions",
            19,
            "max_units : « unit: action » ne se compte qu’une fois.",
            ("hourly", "flat"),
            ("unit: hour", "unit: action\n    max_units: 2"),
        ),
        case(
            "fees within themselves",
            19,
            "within_pedagogical : n’a pas de sens avec « cost: pedagogical ».",
            ("    envelope", "    within_pedagogical: true\n    envelope"),
        ),
        case(
            "everything within the fees",
            19,
            "within_pedagogical : n’a pas de sens avec « cost: all ».",
            ("cost: pedagogical", "cost: all"),
            ("    envelope", "    within_pedagogical: true\n    envelope"),
        ),
        case(
            "a ceiling twice",
            19,
            "ceilings : deux plafonds « per: person, period: year », dont un ne servirait à rien.",
            ("    envelope", f"    ceilings: [{CEILING % 900}, {CEILING % 1000}]\n    envelope"),
        ),
        case(
            "only adds to nothing",
            19,
            "alone : une règle qui ne vaut qu’en plus",
            ("    envelope", "    alone: false\n    envelope"),
        ),
        # where it comes from
        case(
            "not https",
            20,
            "source « http://a.fr » : adresse https attendue.",
            (
                "atlas-budget\n    source: https://www.opco-atlas.fr/criteres",
                "atlas-budget\n    source: http://a.fr",
            ),
        ),
        case(
            "not an address",
            8,
            "source « page 3 » : adresse https attendue.",
            ("2500\n    source: https://www.opco-atlas.fr/criteres", "2500\n    source: page 3"),
        ),
        case(
            "long quote",
            21,
            "quote : 160 caractères au plus, 161 trouvés.",
            ("    confidence", f"    quote: {'a' * 161}\n    confidence"),
        ),
        case(
            "long label",
            12,
            "label : Assurez-vous que cette valeur comporte au plus 150",
            ("Cours des bureaux d’études", "C" * 151),
        ),
        case(
            "code with spaces", 10, "code : Ce champ ne doit contenir que", ("atlas-course", "atlas course")
        ),
        # dates
        case(
            "until before since",
            21,
            "until « 2026-01-01 » : précède since",
            ("    confidence", "    until: 2026-01-01\n    since: 2026-02-01\n    confidence"),
        ),
        case(
            "payment until before since",
            9,
            "until « 2026-01-01 » : précède since",
            ("rules:", PLAN % "since: 2026-02-01, until: 2026-01-01"),
        ),
        # names
        case("unknown OPCO", 1, "opco « opcalia » inconnu du référentiel.", ("opco: atlas", "opco: opcalia")),
        case(
            "another OPCO",
            1,
            "opco « akto » : le fichier porte le nom de son OPCO.",
            ("opco: atlas", "opco: akto"),
        ),
        case("no OPCO", 1, "opco «  » : le fichier porte le nom de son OPCO.", ("opco: atlas\n", "")),
        case("unknown IDCC", 13, "idccs « 0001 » inconnu du référentiel.", ('"1486"', '"0001"')),
        case(
            "IDCC in and out",
            14,
            "excluded_idccs « 1486 » : aussi dans idccs.",
            ("    headcount", '    excluded_idccs: ["1486"]\n    headcount'),
        ),
        case(
            "unknown envelope",
            19,
            "envelope « atlas-autre » : aucune enveloppe n’a ce code.",
            ("envelope: atlas-budget", "envelope: atlas-autre"),
        ),
        case(
            "unused envelope",
            5,
            "enveloppe « atlas-budget » : aucune règle n’en est payée.",
            ("    envelope: atlas-budget\n", ""),
        ),
        case(
            "unknown complement",
            17,
            "complements « plan » : terme inconnu",
            ("rate: 40", "complements: [plan]"),
        ),
        case(
            "caution on nothing",
            11,
            "rules « atlas-autre* » : aucune règle n’a ce code.",
            ("rules:", CAUTION % "atlas-autre*"),
        ),
        case(
            "caution with a star inside",
            11,
            "rules « at*se » : « * » n’est admis qu’à la fin.",
            ("rules:", CAUTION % "'at*se'"),
        ),
        case(
            "payment of nothing",
            9,
            "rules « atlas-autre* » : aucune règle n’a ce code.",
            ("rules:", PLAN % "rules: ['atlas-autre*']"),
        ),
        case(
            "caution in a rule",
            21,
            "cautions : une réserve s’écrit dans les « cautions » du fichier",
            ("    confidence", "    cautions: [Vieux]\n    confidence"),
        ),
        case(
            "OPCO in a rule",
            21,
            "opco : donné une fois pour tout le fichier",
            ("    confidence", "    opco: atlas\n    confidence"),
        ),
        # funds
        case(
            "funds without a date",
            10,
            "clé « since » manquante.",
            ("rules:", FUNDS % "{status: exhausted, source: https://a.fr}"),
        ),
        case(
            "funds without a source",
            10,
            "clé « source » manquante.",
            ("rules:", FUNDS % "{status: exhausted, since: 2026-10-05}"),
        ),
        case(
            "funds twice",
            9,
            "funds : deux états des fonds couvrent le 2026-11-01.",
            ("rules:", FUNDS % f"{STATUS % '2026-10-05'}\n      - {STATUS % '2026-11-01'}"),
        ),
        # between rules
        case(
            "one code, the same days",
            22,
            "code « atlas-course » : une autre version couvre les mêmes jours (atlas.yaml, ligne 10).",
            text=BASE + TWIN,
        ),
        case(
            "one code for two envelopes",
            9,
            "code « atlas-budget » : déjà celui d’une enveloppe (atlas.yaml, ligne 5).",
            ("rules:", "  - {code: atlas-budget, label: Autre, source: https://a.fr}\nrules:"),
        ),
        case(
            "versions of two schemes",
            24,
            "scheme : les versions d’un code ont le même (atlas.yaml, ligne 10).",
            text=versions(("pdc", "conventional")),
        ),
        case(
            "versions of two branches",
            26,
            "idccs : les versions d’un code ont le même (atlas.yaml, ligne 10).",
            text=versions(('["1486"]', '["1486", "2216"]')),
        ),
        case(
            "versions of two costs",
            28,
            "cost : les versions d’un code ont le même (atlas.yaml, ligne 10).",
            text=versions(("pedagogical", "wages")),
        ),
        case(
            "one scope, two amounts",
            22,
            "code « atlas-course-50 » : même champ que « atlas-course » (ligne 10), autre montant",
            ("{min: 50}", "{min: 1, max: 10}"),
            text=TWO,
        ),
    ],
)
def test_a_wrong_file_is_refused_with_its_line(tmp_path, text, line, reason):
    told = spoilt(tmp_path, text)
    assert any(each.startswith(f"atlas.yaml, ligne {line} : ") and reason in each for each in told), told


def test_a_sound_file_is_read(tmp_path):
    write(tmp_path, text=TWO)
    (criteria,) = read_all(tmp_path)
    assert [rule.code for rule in criteria.rules] == ["atlas-course", "atlas-course-50"]
    assert criteria.rules[0].scheme is Scheme.PLAN


def test_everything_wrong_is_told_at_once(tmp_path):
    write(tmp_path, "akto", BASE)
    wrong = (
        ("scheme: pdc", "scheme: plan"),
        ("rate: 40", "rate: 0x"),
        ("2500", "zéro"),
        ("percent: 50", "percent: 500"),
    )
    told = spoilt(tmp_path, replaced(TWO, *wrong))
    assert [each.split(" : ")[:2] for each in told] == [
        ["akto.yaml, ligne 1", "opco « atlas »"],
        ["atlas.yaml, ligne 7", "amount « zéro »"],
        ["atlas.yaml, ligne 11", "scheme « plan »"],
        ["atlas.yaml, ligne 17", "rate « 0x »"],
        ["atlas.yaml, ligne 29", "percent « 500 »"],
    ]


def test_an_unreadable_file_is_named(tmp_path):
    write(tmp_path).write_bytes("opco: é".encode("latin-1"))
    (tmp_path / "akto.yaml").mkdir()
    (tmp_path / "akto.yaml" / "inside").touch()
    with pytest.raises(InvalidReference) as error:
        read_all(tmp_path)
    assert error.value.problems[:2] == [
        f"akto.yaml, ligne 1 : fichier illisible ({os.strerror(21)}).",
        "atlas.yaml, ligne 1 : le fichier n’est pas en UTF-8.",
    ]


def test_a_file_has_the_name_of_an_opco(tmp_path):
    write(tmp_path, "opcalia", BASE)
    with pytest.raises(
        InvalidReference, match=r"opcalia\.yaml, ligne 1 : nom de fichier inconnu, attendu national"
    ):
        read_all(tmp_path)


def test_the_national_frame_has_no_opco(tmp_path):
    write(tmp_path, "national", replaced(BASE, ("opco: atlas\n", "")))
    (criteria,) = read_all(tmp_path)
    assert criteria.opco is None
    assert criteria.rules[0].opco is None


def test_a_code_belongs_to_one_file(tmp_path):
    write(
        tmp_path,
        "akto",
        replaced(BASE, ("opco: atlas", "opco: akto"), ("atlas-budget", "b"), ("atlas-budget", "b")),
    )
    (told,) = spoilt(tmp_path, BASE)
    assert "atlas.yaml, ligne 10 : code « atlas-course »" in told
    assert "akto.yaml, ligne 10" in told


def test_versions_that_follow_one_another_are_welcome(tmp_path):
    write(tmp_path, text=versions())
    assert len(read_all(tmp_path)[0].rules) == 2


def test_nothing_is_verified_on_a_day_to_come(tmp_path):
    write(tmp_path)
    assert read_all(tmp_path, date(2026, 10, 5))
    with pytest.raises(InvalidReference, match=r"atlas\.yaml, ligne 2 : verified_on « 2026-10-05 »"):
        read_all(tmp_path, date(2026, 10, 4))


def test_a_list_may_be_named_and_used_again(tmp_path):
    named, again = ('["1486"]', '&branch ["1486"]'), SECOND.replace('["1486"]', "*branch")
    write(tmp_path, text=replaced(BASE, named) + again)
    (criteria,) = read_all(tmp_path)
    assert criteria.rules[1].idccs == ("1486",)


def test_rules_of_one_scope_and_different_days_are_welcome(tmp_path):
    second = replaced(SECOND, ("{min: 50}", "{min: 1, max: 10}")) + "    since: 2027-01-01\n"
    write(tmp_path, text=BASE + "    until: 2026-12-31\n" + second)
    assert len(read_all(tmp_path)[0].rules) == 2


def test_rules_that_the_company_tells_apart_are_welcome(tmp_path):
    second = replaced(SECOND, ("{min: 50}", "{min: 1, max: 10}")) + "    requires: [Niveau 6 au moins]\n"
    write(tmp_path, text=BASE + second)
    assert len(read_all(tmp_path)[0].rules) == 2


def test_every_field_tells_rules_apart_or_what_they_pay_or_is_only_shown():
    shown = {"label", "conditions", "cautions", "confidence", "source", "quote", "article", "verified_on"}
    of_the_version = {"code", "opco", "since", "until"}
    assert {*SCOPE, *SETS, *PAID, *shown, *of_the_version} == set(Rule.__struct_fields__)


def test_a_rule_is_given_what_its_file_says_once(tmp_path):
    cautions = CAUTION.replace("[%s]", "[atlas-course]\n  - text: Tout à revoir\n    rules: ['atlas-*']")
    write(tmp_path, text=replaced(TWO, ("rules:", cautions)))
    (criteria,) = read_all(tmp_path)
    first, second = criteria.rules
    assert (first.opco, first.verified_on) == ("atlas", criteria.verified_on)
    assert first.cautions == ("À reconfirmer", "Tout à revoir")
    assert second.cautions == ("Tout à revoir",)
