"""Which rules apply, which do not, and why."""

from datetime import date
from decimal import Decimal

import pytest

from financing.calculator import Project, estimate
from financing.calculator.rules import ByBranch, Condition, Funds, Payment
from financing.calculator.terms import (
    Action,
    Basis,
    Circuit,
    Cost,
    Eligibility,
    Kind,
    Modality,
    Place,
    Scheme,
    Territory,
    Unit,
)
from tests.financing.calculator.rulebooks import (
    PAGE,
    TODAY,
    answer,
    book,
    budget,
    hourly,
    only,
    project,
    rule,
    span,
)
from tests.financing.calculator.test_amounts import plain

D = Decimal
LAW = {"opco": None}


def codes(found):
    return [rule.code for option in found.options for rule in option.rules[:1]]


def reasons(found):
    return {each.rule.code: plain(each.reason) for each in found.rejected}


def test_the_branch_comes_before_the_opco_and_the_opco_before_the_law():
    rules = [hourly("loi", **LAW), hourly("opco"), hourly("branche", idccs=("1486",))]
    found = answer(*rules, idcc="1486")
    assert codes(found) == ["branche"]
    assert reasons(found) == {
        "loi": "une règle plus précise s’applique : règle branche",
        "opco": "une règle plus précise s’applique : règle branche",
    }
    assert codes(answer(*rules, idcc="9999")) == ["opco"]


def test_the_narrower_headcount_comes_first():
    rules = [hourly("large", headcount=span(1, 49)), hourly("etroite", headcount=span(20, 29))]
    assert codes(answer(*rules)) == ["etroite"]


def test_headcount_bands_that_overlap_are_both_shown_and_flagged():
    rules = [hourly("jusqu-a-50", headcount=span(11, 50)), hourly("des-50", headcount=span(50))]
    found = answer(*rules, headcount=50)
    assert sorted(codes(found)) == ["des-50", "jusqu-a-50"]
    assert any("sans se départager" in message for message in found.messages)


def test_the_later_start_comes_first():
    rules = [hourly("ancienne", since=date(2024, 1, 1)), hourly("recente", since=date(2026, 1, 1))]
    assert codes(answer(*rules)) == ["recente"]


@pytest.mark.parametrize(("headcount", "open_"), [(49, True), (50, False)])
def test_the_plan_stops_at_49_employees(headcount, open_):
    rules = [
        hourly("plan", headcount=span(1, 49)),
        rule("plus-de-50", headcount=span(50), cost=Cost.ALL, basis=Basis.EXCLUDED, **LAW),
    ]
    option = only(answer(*rules, headcount=headcount))
    assert (option.eligibility == Eligibility.YES) is open_
    assert option.financed == (D("1050.00") if open_ else 0)


def test_beyond_49_employees_what_remains_open_is_said():
    found = answer(
        rule("plus-de-50", headcount=span(50), cost=Cost.ALL, basis=Basis.EXCLUDED, **LAW), headcount=60
    )
    assert any("fonds conventionnels" in message for message in found.messages)


def test_a_plan_that_pays_beyond_49_employees_is_to_be_checked():
    option = only(answer(hourly("plan", headcount=span(11, 50)), headcount=50))
    assert option.eligibility == Eligibility.TO_CHECK
    assert "L6332-17" in option.reasons[0]


def test_an_unknown_headcount_is_asked_for_and_never_assumed():
    rules = [hourly("petites", headcount=span(1, 10)), hourly("grandes", headcount=span(11, 49))]
    found = answer(*rules, headcount=None)
    option = only(found)
    assert option.financed is None
    assert option.eligibility == Eligibility.TO_CHECK
    assert "moins de 11 salariés, 11 à 49 salariés" in plain(option.reasons[0])
    assert [each.field for each in found.missing] == ["headcount"]


def test_a_rule_for_every_employer_needs_no_headcount():
    assert only(answer(hourly(headcount=span(1)), headcount=None)).financed == D("1050.00")


@pytest.mark.parametrize(
    ("on", "paid"),
    [(date(2026, 5, 31), "1008.00"), (date(2026, 6, 1), "798.00")],
    ids=["the day before", "the day of the change"],
)
def test_the_rules_of_a_day_are_those_in_force_that_day(on, paid):
    rules = [hourly("taux", "24", until=date(2026, 5, 31)), hourly("taux", "19", since=date(2026, 6, 1))]
    found = answer(*rules, on=on)
    assert only(found).financed == D(paid)
    assert not found.rejected  # another version of the same rule is no reason


def test_rules_that_ended_without_a_successor_say_so():
    found = answer(hourly("2026", until=date(2026, 12, 31)), on=date(2027, 1, 12))
    assert not found.options
    assert reasons(found) == {"2026": "en vigueur jusqu’au 31 décembre 2026, la suite n’est pas publiée"}
    assert any("la suite n’est pas encore publiée" in message for message in found.messages)


def test_figures_verified_last_year_may_have_changed():
    found = answer(hourly(), on=date(2027, 1, 12))
    assert any("celles de 2027 peuvent changer" in plain(message) for message in found.messages)


# ------------------------------------------------------------------------------------------------ kinds of training
BAKER = [
    hourly("fabrication", "50", kinds=(Kind.TRADE,), topic="techniques de fabrication"),
    hourly("vente", "40", kinds=(Kind.SALES, Kind.ECOLOGY), topic="vente, gestion, transition écologique"),
    hourly("hygiene", "30", kinds=(Kind.SAFETY,), topic="hygiène et sécurité"),
    hourly("transverse", "25", kinds=(Kind.TRANSVERSE, Kind.LANGUAGES), topic="transverses"),
]


def test_each_kind_that_the_branch_pays_differently_is_its_own_variant():
    found = answer(*BAKER)
    assert codes(found) == ["fabrication", "vente", "hygiene", "transverse"]
    assert {option.eligibility for option in found.options} == {Eligibility.TO_CHECK}
    assert "techniques de fabrication" in found.options[0].reasons[0]
    assert "training_kind" in [each.field for each in found.missing]


def test_a_kind_that_is_told_chooses_its_rate():
    option = only(answer(*BAKER, kind=Kind.SAFETY))
    assert (option.financed, option.eligibility) == (D("1260.00"), Eligibility.YES)
    assert option.variant == "Règle hygiene"
    assert only(answer(hourly())).variant == ""


def test_a_rate_for_a_kind_does_not_silence_the_rate_for_all():
    branch = hourly("langues", "50", idccs=("1979",), kinds=(Kind.LANGUAGES,), topic="langues")
    found = answer(hourly("toutes"), branch, idcc="1979")
    assert sorted(codes(found)) == ["langues", "toutes"]
    assert codes(answer(hourly("toutes"), branch, idcc="1979", kind=Kind.LANGUAGES)) == ["langues"]
    assert codes(answer(hourly("toutes"), branch, idcc="1979", kind=Kind.SAFETY)) == ["toutes"]


def test_a_general_rate_is_sure_only_where_no_kind_has_its_own():
    general = next(option for option in answer(hourly("toutes"), *BAKER).options if not option.rules[0].kinds)
    assert general.eligibility == Eligibility.TO_CHECK


def test_a_rule_reserved_to_some_people_is_another_option():
    found = answer(hourly("tous", "9.15"), hourly("prioritaires", "15", audience="public prioritaire"))
    by_code = {option.rules[0].code: option for option in found.options}
    assert by_code["tous"].eligibility == Eligibility.YES
    assert by_code["prioritaires"].eligibility == Eligibility.TO_CHECK
    assert "public prioritaire" in by_code["prioritaires"].reasons[0]


def test_modalities_that_are_paid_differently_are_variants_until_one_is_told():
    rules = [
        hourly("presentiel", "25", modalities=(Modality.IN_CLASS, Modality.IN_HOUSE)),
        hourly("distance", "15", modalities=(Modality.LIVE_REMOTE, Modality.REMOTE)),
    ]
    assert len(answer(*rules).options) == 2
    found = answer(*rules, modality=Modality.REMOTE)
    assert codes(found) == ["distance"]
    assert reasons(found) == {"presentiel": "réservé à : présentiel"}


def test_wages_for_certified_training_are_not_paid_for_any_other():
    wages = hourly("salaires", "14", cost=Cost.WAGES, kinds=(Kind.CERTIFYING,))
    certified = hourly("certifiante", "30", kinds=(Kind.CERTIFYING,), topic="CQP")
    other = hourly("courante", "25")
    found = {
        option.rules[0].code: option for option in answer(other, certified, wages, hourly_wage=D(20)).options
    }
    assert found["certifiante"].lines[1].financed == D("588.00")
    assert found["courante"].lines[1].financed is None


def test_a_cost_of_its_own_comes_before_ancillary_and_before_everything():
    rules = [
        rule("tout", cost=Cost.ALL),
        hourly("annexes", "1", cost=Cost.ANCILLARY),
        rule("repas", cost=Cost.MEALS, basis=Basis.EXCLUDED),
    ]
    option = only(answer(*rules, meals=D(40), transport=D(60)))
    assert [line.rule.code for line in option.lines] == ["tout", "annexes", "repas"]


def test_a_place_that_is_not_told_counts_the_lower_night_and_names_the_other():
    nights = [
        rule(
            "paris", cost=Cost.LODGING, basis=Basis.FLAT, rate=D(190), unit=Unit.NIGHT, places=(Place.PARIS,)
        ),
        rule(
            "ailleurs",
            cost=Cost.LODGING,
            basis=Basis.FLAT,
            rate=D(120),
            unit=Unit.NIGHT,
            places=(Place.ELSEWHERE,),
        ),
    ]
    told = {"lodging": D(1000), "nights": D(4)}
    found = answer(hourly(), *nights, **told)
    line = only(found).lines[1]
    assert line.financed == D(480)
    assert "aussi : Règle paris" in plain(line.explanation)
    assert "place" in [each.field for each in found.missing]
    assert only(answer(hourly(), *nights, place=Place.PARIS, **told)).lines[1].financed == D(760)


def test_overseas_has_its_own_scale():
    rules = [
        hourly("hexagone", "30", territory=Territory.MAINLAND),
        hourly("outre-mer", "40", territory=Territory.OVERSEAS),
    ]
    found = answer(*rules)
    assert codes(found) == ["hexagone"]
    assert reasons(found) == {"outre-mer": "réservé aux entreprises d’outre-mer"}
    assert any("outre-mer, précisez-le" in message for message in found.messages)
    assert codes(answer(*rules, territory=Territory.OVERSEAS)) == ["outre-mer"]


# ------------------------------------------------------------------------------------------------ why not
@pytest.mark.parametrize(
    ("fields", "told", "reason"),
    [
        ({"headcount": span(1, 10)}, {}, "réservé aux entreprises de moins de 11 salariés"),
        ({"headcount": span(50)}, {}, "réservé aux entreprises de 50 salariés et plus"),
        ({"duration": span(35)}, {}, "réservé aux formations de 35 h et plus"),
        ({"group": span(3)}, {}, "réservé aux groupes de 3 stagiaires et plus"),
        ({"excluded_idccs": ("1486",)}, {"idcc": "1486"}, "ne s’applique pas à la convention 1486"),
        ({"since": date(2027, 1, 1)}, {}, "en vigueur à partir du 1er janvier 2027"),
        (
            {"idccs": ("1486", "1979")},
            {},
            "réservé à certaines branches (IDCC 1486 et 1979) : précisez votre convention",
        ),
    ],
)
def test_a_rejected_rule_says_why(fields, told, reason):
    assert reasons(answer(hourly("regle", **fields), **told)) == {"regle": reason}


def test_rules_of_other_branches_and_actions_are_no_reasons():
    found = answer(hourly("autre", idccs=("1979",)), rule("vae", scheme=Scheme.VAE), idcc="1486")
    assert not found.rejected
    assert not found.options


def test_an_action_is_paid_by_its_own_schemes():
    rules = [hourly("plan"), rule("bilan", scheme=Scheme.ASSESSMENT)]
    assert codes(answer(*rules, action=Action.ASSESSMENT)) == ["bilan"]


def test_what_the_company_must_check_makes_the_option_so():
    option = only(answer(hourly(requires=("Être à jour de sa contribution",))))
    assert option.eligibility == Eligibility.TO_CHECK
    assert option.reasons == ("Être à jour de sa contribution",)


def test_a_branch_whose_scale_nobody_publishes_is_not_told_zero():
    by_branch = (ByBranch(schemes=(Scheme.PLAN,), note="Chaque branche a sa grille.", source=PAGE),)
    found = estimate(project(idcc="1672"), book(hourly(idccs=("1486",)), by_branch=by_branch), TODAY)
    option = only(found)
    assert option.financed is None
    assert option.eligibility == Eligibility.TO_CHECK
    assert "n’est pas publié : demandez-le à Test" in plain(option.reasons[0])


def test_a_published_scale_that_has_nothing_for_the_case_says_so():
    by_branch = (ByBranch(schemes=(Scheme.PLAN,), note="Chaque branche a sa grille.", source=PAGE),)
    rules = [hourly(idccs=("0843",), modalities=(Modality.IN_CLASS,))]
    found = estimate(project(idcc="0843", modality=Modality.REMOTE), book(*rules, by_branch=by_branch), TODAY)
    option = only(found)
    assert (option.eligibility, option.financed) == (Eligibility.NO, None)
    assert plain(option.reasons[0]) == "réservé à : présentiel inter-entreprises"


def test_two_topics_of_the_kind_that_is_told_are_both_to_be_checked():
    rules = [
        hourly("cqp", "20", kinds=(Kind.CERTIFYING,), topic="CQP"),
        hourly("diplomes", "15", kinds=(Kind.CERTIFYING,), topic="diplômes"),
    ]
    found = answer(*rules, kind=Kind.CERTIFYING)
    assert {option.eligibility for option in found.options} == {Eligibility.TO_CHECK}


def test_nothing_known_of_an_opco_gives_no_option_and_no_error():
    found = estimate(Project(opco="test", pedagogical=D(100)), book(), TODAY)
    assert (found.options, found.best) == ((), None)
    assert "demandez à Test" in found.messages[0]


# ------------------------------------------------------------------------------------------------ added together
def test_what_may_be_added_pays_what_the_plan_leaves():
    bonus = rule("bonus", scheme=Scheme.CONVENTIONAL, complements=(Scheme.PLAN,))
    found = {option.code: option for option in answer(hourly(), bonus).options}
    assert found["pdc"].remaining == D("1750.00")
    both = found["pdc+bonus"]
    assert (both.financed, both.remaining) == (D(2800), 0)
    assert both.combines == ("pdc", "bonus")
    assert found["conventional"].financed == D(2800)  # alternatives stay apart


def test_what_does_not_say_so_is_not_added():
    found = answer(hourly(), hourly("relais", scheme=Scheme.CONVENTIONAL))
    assert sorted(option.code for option in found.options) == ["conventional", "pdc"]


def test_a_complement_is_nothing_alone():
    extra = hourly("complement", "3", complements=(Scheme.PLAN,), alone=False)
    found = answer(hourly(), extra)
    assert [option.code for option in found.options] == ["pdc+complement", "pdc"]
    assert found.options[0].financed == D("1176.00")
    alone = answer(extra)
    assert reasons(alone) == {"complement": "complète un autre financement, ne s’obtient pas seul"}


# ------------------------------------------------------------------------------------------------ in which order
def test_open_options_come_first_then_those_that_leave_least():
    rules = [
        hourly("a-verifier", "90", scheme=Scheme.CONVENTIONAL, requires=("Être à jour",)),
        hourly("ouverte", "10"),
        rule("fermee", scheme=Scheme.FSE, basis=Basis.EXCLUDED),
    ]
    found = answer(*rules)
    assert codes(found) == ["ouverte", "a-verifier", "fermee"]
    assert found.best.rules[0].code == "ouverte"


def test_options_that_presume_nothing_come_before_better_ones_that_do():
    found = answer(hourly("toutes"), hourly("certifiante", "90", kinds=(Kind.CERTIFYING,)))
    assert codes(found) == ["toutes", "certifiante"]


def test_a_rate_of_its_own_for_a_modality_that_is_told():
    rules = [hourly("toutes"), hourly("intra", "20", modalities=(Modality.IN_HOUSE,))]
    assert codes(answer(*rules, modality=Modality.IN_HOUSE)) == ["intra"]
    assert codes(answer(*rules, modality=Modality.IN_CLASS)) == ["toutes"]


def test_a_supplement_for_some_people_is_to_be_checked():
    extra = hourly(
        "apres-50-ans", "12", cost=Cost.WAGES, audience="50 ans et plus", complements=(Scheme.PLAN,)
    )
    found = {option.code: option for option in answer(hourly(), extra, hourly_wage=D(20)).options}
    both = found["pdc+apres-50-ans"]
    assert both.lines[1].financed == D("504.00")
    assert both.eligibility == Eligibility.TO_CHECK
    assert "50 ans et plus" in both.reasons[0]


def test_costs_without_course_fees_lead_to_the_rules_that_pay_them():
    found = answer(hourly(), hourly("salaires", "12", cost=Cost.WAGES), pedagogical=None, hourly_wage=D(20))
    assert codes(found) == ["salaires"]


def test_what_one_rule_says_of_its_payment_comes_first():
    payments = (
        Payment(circuit=Circuit.REIMBURSED, text="Vous payez.", source=PAGE, schemes=(Scheme.PLAN,)),
        Payment(circuit=Circuit.DIRECT, text="L’organisme facture.", source=PAGE, rules=("catalogue-*",)),
    )
    for code, circuit in (("catalogue-1", Circuit.DIRECT), ("autre", Circuit.REIMBURSED)):
        found = estimate(project(), book(hourly(code), payments=payments), TODAY)
        assert only(found).payment.circuit == circuit


def test_a_supplement_in_percent_of_what_is_financed():
    more = rule(
        "majoration",
        basis=Basis.PERCENT,
        percent=D(15),
        percent_of="pedagogical",
        complements=(Scheme.PLAN,),
        alone=False,
    )
    found = {option.code: option for option in answer(hourly(), more).options}
    assert found["pdc+majoration"].financed == D("1207.50")


def test_what_may_be_added_may_be_wages_alone():
    wages = hourly("salaires", "15", scheme=Scheme.CONVENTIONAL, cost=Cost.WAGES, complements=(Scheme.PLAN,))
    found = {option.code: option for option in answer(hourly(), wages, hourly_wage=D(20)).options}
    both = found["pdc+salaires"]
    assert [line.financed for line in both.lines] == [D("1050.00"), D("630.00")]


# ------------------------------------------------------------------------------------------------ as real scales are
def test_what_the_law_only_allows_gives_way_to_any_published_scale():
    law = rule("loi", cost=Cost.ALL, basis=Basis.UNPUBLISHED, **LAW)
    rules = [
        law,
        hourly("presentiel", idccs=("1979",), modalities=(Modality.IN_CLASS,)),
        hourly("distance", "15", idccs=("1979",), modalities=(Modality.REMOTE,)),
    ]
    assert sorted(codes(answer(*rules, idcc="1979"))) == ["distance", "presentiel"]
    assert codes(answer(law, idcc="1979")) == ["loi"]


def test_a_narrower_headcount_does_not_silence_a_rate_for_a_kind():
    rules = [
        hourly("petites", headcount=span(1, 10)),
        hourly("certifiante", "30", headcount=span(1, 49), kinds=(Kind.CERTIFYING,)),
    ]
    assert sorted(codes(answer(*rules, headcount=8))) == ["certifiante", "petites"]


def test_a_complement_does_not_silence_what_it_may_be_added_to():
    rules = [
        hourly("fonds", scheme=Scheme.CONVENTIONAL),
        hourly(
            "bonus", scheme=Scheme.CONVENTIONAL, kinds=(Kind.ECOLOGY,), complements=(Scheme.CONVENTIONAL,)
        ),
    ]
    found = answer(*rules, kind=Kind.ECOLOGY)
    assert sorted(codes(found)) == ["bonus", "fonds", "fonds"]
    assert [option.code for option in found.options if option.combines] == ["conventional:fonds+bonus"]


def test_a_branch_rate_for_everybody_does_not_silence_the_opco_rate_for_some():
    rules = [
        hourly("branche", "11", idccs=("1486",)),
        hourly("handicap", "15", audience="travailleur handicapé"),
        hourly("loi", "15", audience="public prioritaire", **LAW),
    ]
    assert sorted(codes(answer(*rules, idcc="1486"))) == ["branche", "handicap"]


def test_an_option_for_certified_training_pays_the_wages_of_certified_training():
    rules = [
        hourly("toutes"),
        hourly("certifiante", "30", kinds=(Kind.CERTIFYING,)),
        rule("sans-salaires", cost=Cost.WAGES, basis=Basis.EXCLUDED, headcount=span(1, 49)),
        hourly("salaires", "14", cost=Cost.WAGES, kinds=(Kind.CERTIFYING,)),
    ]
    found = {option.rules[0].code: option for option in answer(*rules, hourly_wage=D(20)).options}
    assert found["toutes"].lines[1].financed == 0
    assert found["certifiante"].lines[1].financed == D("588.00")


def test_two_financings_of_one_budget_do_not_spend_it_twice():
    rules = [
        hourly(envelope="budget"),
        rule("suite", scheme=Scheme.CONVENTIONAL, envelope="budget", complements=(Scheme.PLAN,)),
    ]
    found = {option.code: option for option in answer(*rules, envelopes=(budget("1500"),)).options}
    assert found["pdc+suite"].financed == D(1500)
    assert [share.left for share in found["pdc+suite"].shares] == [0]


# ------------------------------------------------------------------------------------------------ what a review found
GONE = Funds(status="exhausted", since=date(2026, 10, 6), until=date(2026, 12, 31), source=PAGE)


def test_a_cost_whose_own_budget_is_exhausted_is_not_paid():
    wages = hourly("salaires", "12", cost=Cost.WAGES, envelope="vide")
    option = only(
        answer(hourly(), wages, envelopes=(budget("900", "vide", funds=(GONE,)),), hourly_wage=D(20))
    )
    assert [line.financed for line in option.lines] == [D("1050.00"), 0]


def test_nothing_is_added_from_a_budget_that_is_exhausted():
    bonus = rule("bonus", scheme=Scheme.CONVENTIONAL, complements=(Scheme.PLAN,), envelope="vide")
    found = answer(hourly(), bonus, envelopes=(budget("900", "vide", funds=(GONE,)),))
    assert not [option for option in found.options if option.combines]


def test_a_theme_of_the_kind_that_is_told_is_not_taken_for_granted():
    rules = [hourly("toutes", "15"), hourly("tfp", "25", kinds=(Kind.CERTIFYING,), topic="TFP de la branche")]
    found = answer(*rules, kind=Kind.CERTIFYING)
    assert [(option.rules[0].code, option.eligibility) for option in found.options] == [
        ("toutes", Eligibility.YES),
        ("tfp", Eligibility.TO_CHECK),
    ]


def test_what_is_added_for_some_people_is_not_the_best_for_everybody():
    bonus = rule("bonus", scheme=Scheme.CONVENTIONAL, complements=(Scheme.PLAN,), audience="50 ans et plus")
    found = answer(hourly(requires=("Être à jour",)), bonus)
    assert found.best.code == "pdc"


def test_the_conditions_of_both_financings_are_told():
    law = (
        Condition(text="Pour le plan", article="L1", source=PAGE, schemes=(Scheme.PLAN,)),
        Condition(text="Pour la branche", article="L2", source=PAGE, schemes=(Scheme.CONVENTIONAL,)),
    )
    bonus = rule("bonus", scheme=Scheme.CONVENTIONAL, complements=(Scheme.PLAN,))
    found = estimate(project(), book(hourly(), bonus, conditions=law), TODAY)
    both = next(option for option in found.options if option.combines)
    assert {"Pour le plan (L1)", "Pour la branche (L2)"} <= set(both.conditions)


def test_a_place_that_is_told_comes_before_a_night_for_anywhere():
    night = {"cost": Cost.LODGING, "basis": Basis.FLAT, "unit": Unit.NIGHT}
    rules = [
        hourly(),
        rule("partout", rate=D(100), **night),
        rule("paris", rate=D(150), places=(Place.PARIS,), **night),
    ]
    option = only(answer(*rules, place=Place.PARIS, lodging=D(900), nights=D(2)))
    assert option.lines[1].financed == D(300)


def test_a_rule_that_excludes_branches_is_to_be_checked_without_one():
    option = only(answer(hourly(excluded_idccs=("5619",))))
    assert option.eligibility == Eligibility.TO_CHECK
    assert "5619" in option.reasons[0]


def test_a_circuit_for_one_size_is_not_told_to_whoever_has_not_told_theirs():
    payments = (Payment(circuit=Circuit.DIRECT, text="Moins de 50.", source=PAGE, headcount=span(None, 49)),)
    found = estimate(project(headcount=None), book(hourly(), payments=payments), TODAY)
    assert only(found).payment is None


def test_a_certification_makes_the_training_certifying():
    rules = [hourly("toutes"), hourly("certifiante", "30", kinds=(Kind.CERTIFYING,))]
    assert codes(answer(*rules, certification="RNCP12345")) == ["certifiante"]


def test_nothing_asked_is_asked_for():
    found = answer(hourly(), pedagogical=None)
    assert not found.options
    assert "au moins un coût" in found.messages[0]


def test_what_ended_asks_for_nothing():
    found = answer(hourly(idccs=("1486",), until=date(2025, 12, 31)))
    assert not found.missing


# ------------------------------------------------------------------------------------------------ what a stranger found
def test_the_plan_is_paid_directly_only_where_it_pays_everything():
    payments = (Payment(circuit=Circuit.DIRECT, text="Direct.", source=PAGE, schemes=(Scheme.PLAN,)),)
    for rate, circuit in (("25", Circuit.DEPENDS), ("100", Circuit.DIRECT)):
        found = estimate(project(), book(hourly(rate=rate), payments=payments), TODAY)
        assert only(found).payment.circuit == circuit


def test_nothing_is_added_to_an_amount_that_nobody_publishes():
    base = rule("base", basis=Basis.UNPUBLISHED)
    more = rule("majoration", scheme=Scheme.CONVENTIONAL, complements=(Scheme.PLAN,), alone=False)
    assert [option.code for option in answer(base, more).options] == ["pdc"]


def test_what_the_law_only_allows_does_not_hide_that_the_branch_pays_nothing():
    by_branch = (ByBranch(schemes=(Scheme.PLAN,), note="Chaque branche a sa grille.", source=PAGE),)
    rules = [
        rule("loi", cost=Cost.ALL, basis=Basis.UNPUBLISHED, **LAW),
        hourly("salle", idccs=("0843",), modalities=(Modality.IN_CLASS,)),
    ]
    found = estimate(project(idcc="0843", modality=Modality.REMOTE), book(*rules, by_branch=by_branch), TODAY)
    assert only(found).eligibility == Eligibility.NO


def test_a_training_that_has_begun_is_said_to_be_late():
    late = answer(hourly(), start=date(2026, 11, 10))
    assert any("a commencé le 10 novembre 2026" in plain(message) for message in late.messages)
    assert not answer(hourly(), start=TODAY).messages
