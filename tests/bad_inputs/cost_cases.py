"""Prices, behavioural tests and their like in the contract: what says nothing, or says it of nothing."""

from __future__ import annotations

from bad_inputs.cases import Case, contract_and, contract_with

CASES = (
    *(
        Case(id=f"C27-{name}", title=line.strip(), exit=2, code=code, mentions=(message,), **contract_and(line))
        for name, line, code, message in (
            ("empty-cost", "    cost: §{}\n", "E-CFG-027", "neither price_per_hour nor watts"),
            ("no-currency", "    cost: {price_per_hour: §0.35}\n", "E-CFG-027", "a price needs its currency"),
            ("no-price", "    cost: {watts: 5, currency: §EUR}\n", "E-CFG-027", "a currency without a price"),
            ("free", "    cost: {price_per_hour: §0, currency: EUR}\n", "E-CFG-025", "above 0"),
            ("money-back", "    cost: {price_per_hour: §-1, currency: EUR}\n", "E-CFG-025", "above 0"),
            ("no-number", "    cost: {watts: §many}\n", "E-CFG-012", "finite number"),
            ("no-such-currency", "    cost: {price_per_hour: 1, currency: §euro}\n", "E-CFG-005", "EUR or USD"),
            ("unknown-key", "    cost: {§watt: 5}\n", "E-CFG-006", "watts"),
            ("cost-is-a-list", "    cost: §[1]\n", "E-CFG-005", "expected a mapping"),
        )
    ),
    Case(
        id="C27-tests-of-nothing",
        title="behavioural tests without a packaged model",
        exit=2,
        code="E-CFG-027",
        mentions=("evaluation.model does not name",),
        **contract_with(
            "      prediction: predicted\n", "      prediction: predicted\n      tests: §model/behaviour\n"
        ),
    ),
    Case(
        id="C17-tests-outside",
        title="behavioural tests outside the repository",
        exit=4,
        code="E-SEC-002",
        **contract_with("      prediction: predicted\n", "      prediction: predicted\n      tests: §../tests\n"),
    ),
)
