"""Gates and columns that contradict one another, ask the impossible or ask nothing: row C23, and more of ours."""

from __future__ import annotations

from bad_inputs.cases import CONTRACT, DRIFT, GATE, Case, contract, contract_and, contract_with, files

_GATES = "    gates:\n      - {metric: rmse, no_worse_by: 1%}\n      - {metric: mae, at_most: 60}\n"


C23 = (
    Case(
        id="C23-no-rule",
        title="a gate without a rule",
        exit=2,
        code="E-CFG-021",
        mentions=("models.bike.gates[0]: a gate needs at least one rule; an empty gate would always pass",),
        **contract_with(GATE, "§{metric: rmse, severity: block}"),
    ),
    Case(id="C23-empty-gate", title="{} as a gate", exit=2, code="E-CFG-021", **contract_with(GATE, "§{}")),
    Case(id="C23-empty-list", title="no gates", exit=2, code="E-CFG-021", **contract_with(_GATES, "    gates: §[]\n")),
    Case(id="C23-null", title="gates of nothing", exit=2, code="E-CFG-021", **contract_with(_GATES, "    gates:§\n")),
    Case(
        id="C23-missing",
        title="no key gates",
        exit=2,
        code="E-CFG-021",
        mentions=("a model needs at least one gate",),
        **contract(CONTRACT.replace(_GATES, "").replace("  bike:", "  §bike:")),
    ),
    Case(id="C23-no-models", title="no models", exit=2, code="E-CFG-023", **contract("version: 1\nmodels: §{}\n")),
    Case(
        id="C23-two-rules",
        title="two rules in one gate",
        exit=2,
        code="E-CFG-024",
        mentions=("no_worse_by and at_most", "Make it two gates"),
        **contract_with(GATE, "{metric: rmse, no_worse_by: 1%, §at_most: 90}"),
    ),
    *(
        Case(id=f"C23-{name}", title=line.strip(), exit=2, code="E-CFG-025", mentions=(message,), **contract_and(line))
        for name, line, message in (
            ("always-at-least", "      - {metric: rmse, at_least: §0}\n", "would always pass"),
            ("always-at-most", "      - {metric: r2, at_most: §1}\n", "would always pass"),
            ("never-at-least", "      - {metric: r2, at_least: §1.1}\n", "would never pass"),
            ("never-at-most", "      - {metric: rmse, at_most: §-1}\n", "would never pass"),
            ("always-no-worse", "      - {metric: smape, no_worse_by: §5}\n", "Did you mean 5%?"),
            ("never-better", "      - {metric: smape, better_by: §2}\n", "would never pass"),
        )
    ),
    Case(
        id="C23-all-of-it",
        title="may lose all of its value",
        exit=2,
        code="E-CFG-025",
        mentions=("would always pass",),
        **contract_and(
            "    metrics: {gain: {direction: higher, minimum: 0}}\n"
            "  other:\n    path: other\n    data: {tracked: a.dvc, expectations: e}\n"
            "    evaluation: {predictions: p.csv, id: i, target: t, prediction: p}\n"
            "    metrics: {gain: {direction: higher, minimum: 0}}\n"
            "    gates: [{metric: gain, no_worse_by: §100%}]\n"
        ),
    ),
)


OF_THE_CONTRACT = (
    Case(
        id="metric-unknown",
        title="a metric that nobody knows",
        exit=2,
        code="E-CFG-004",
        mentions=('models.bike.gates[1].metric: unknown metric "maee"', 'Did you mean "mae"?'),
        **contract_with("metric: mae", "metric: §maee"),
    ),
    Case(
        id="metric-undeclared",
        title="a metric whose direction is not declared",
        exit=2,
        code="E-CFG-004",
        mentions=("declare another under metrics, with its direction",),
        **contract_with("metric: mae", "metric: §customer_happiness"),
    ),
    Case(
        id="metric-redefined",
        title="a known metric turned round",
        exit=2,
        code="E-CFG-029",
        **contract_and("    metrics: {§rmse: {direction: higher}}\n"),
    ),
    Case(
        id="metric-direction",
        title="a declared metric without a direction",
        exit=2,
        code="E-CFG-023",
        mentions=('key "direction" is missing', "never guessed"),
        **contract_and("    metrics: {§profit: {minimum: 0}}\n"),
    ),
    Case(
        id="metric-needs-score",
        title="a metric of scores without scores",
        exit=2,
        code="E-CFG-027",
        mentions=("auc is computed from evaluation.score",),
        **contract_and("      - {metric: §auc, at_least: 0.7}\n"),
    ),
    Case(
        id="columns-none",
        title="nothing to judge",
        exit=2,
        code="E-CFG-027",
        mentions=("neither prediction nor score",),
        **contract(CONTRACT.replace("      prediction: predicted\n", "").replace("predictions:", "§predictions:")),
    ),
    Case(
        id="columns-truth",
        title="the truth as its own prediction",
        exit=2,
        code="E-CFG-027",
        mentions=("every model would look perfect",),
        **contract_with("prediction: predicted", "prediction: §rentals"),
    ),
    Case(
        id="slice-unknown",
        title="a slice that is not read",
        exit=2,
        code="E-CFG-028",
        mentions=('Did you mean "weather"?',),
        **contract_and("      - {metric: r2, at_least: 0.5, slices: [§wether]}\n"),
    ),
    Case(
        id="slice-of-cost",
        title="slices of a cost",
        exit=2,
        code="E-CFG-027",
        **contract_and("      - {metric: predict_p95_ms, at_most: 5, §slices: [weather]}\n"),
    ),
    Case(
        id="slice-twice",
        title="a slice twice",
        exit=2,
        code="E-CFG-029",
        **contract_with("slices: [weather, season]", "slices: [weather, §weather]"),
    ),
    Case(
        id="gate-twice",
        title="the same rule with two limits",
        exit=2,
        code="E-CFG-029",
        mentions=("gates[1] is the same rule on mae",),
        **contract_and("      - {metric: mae, at_most: §80}\n"),
    ),
    Case(
        id="key-missing",
        title="no target",
        exit=2,
        code="E-CFG-023",
        mentions=('models.bike.evaluation: key "target" is missing', "The column of the truth"),
        **contract(CONTRACT.replace("      target: rentals\n", "").replace("    evaluation:", "    §evaluation:")),
    ),
    Case(
        id="pointer-no-pointer",
        title="the data itself where its pointer is expected",
        exit=2,
        code="E-CFG-005",
        mentions=("that dvc add wrote",),
        **contract_with("tracked: data.dvc", "tracked: §data/train.csv"),
    ),
    Case(
        id="duration-words",
        title="a duration in words",
        exit=2,
        code="E-CFG-005",
        mentions=("a duration such as 30m, 12h or 7d",),
        **contract_and(DRIFT.replace("window: 7d", "window: §a week")),
    ),
    Case(
        id="windows-more-than-all",
        title="4 of 3 windows",
        exit=2,
        code="E-CFG-005",
        **contract_and(DRIFT.replace("2 of 3", "§4 of 3")),
    ),
    Case(
        id="many-together",
        title="eight problems are told together, in the order of the file",
        exit=4,
        code="E-CFG-015",
        where="tidegate.yaml:1:10",
        build=files(
            tidegate_dot_yaml="version: '1'\nmodels:\n  bike:\n    path: /model\n"
            "    data: {tracked: data.dvc}\n    evaluation: {predictions: p.csv, id: i, target: no, prediction: p}\n"
            "    gates:\n      - {metric: rmsee, at_most: 1}\n      - {metric: mae, at_most: x}\n"
            "      - {metric: r2}\n    gate: []\n"
        ),
        mentions=(
            "E-SEC-002 tidegate.yaml:4:11",
            "E-CFG-023 tidegate.yaml:5:5",
            "E-CFG-016 tidegate.yaml:6:53",
            "E-CFG-004 tidegate.yaml:8:18",
            "E-CFG-012 tidegate.yaml:9:32",
            "E-CFG-021 tidegate.yaml:10:9",
            "E-CFG-006 tidegate.yaml:11:5",
        ),
    ),
    Case(
        id="accepted-drift",
        title="drift as the design sketches it",
        exit=0,
        **contract_and(DRIFT),
    ),
    Case(
        id="accepted-process",
        title="the good contract, as a real process",
        build=files(tidegate_dot_yaml=CONTRACT),
        exit=0,
        process=True,
        seconds=30,
    ),
)


CASES = (*C23, *OF_THE_CONTRACT)
