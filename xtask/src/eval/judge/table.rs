//! The tables that are printed: false alarms, time to rollback, bad responses served.
//!
//! Main item: [`render`].

use std::fmt::Write as _;

use super::{
    Cell, Cells, OURS,
    budget::{Budget, Outcome},
};

const NAME: usize = 30;
const COLUMN: usize = 22;

pub(super) fn render(cells: &Cells, budget: &Budget) -> String {
    let rules = cells.rules();
    let named = |rule: &&str| !rule.starts_with(OURS) || *rule == OURS;
    let others: Vec<&str> = rules.iter().copied().filter(named).collect();
    let rollouts = cells.0.first().map_or(0, |cell| cell.rollouts);
    let mut text =
        format!("False alarms, % of {rollouts} rollouts of a healthy candidate; an hour at 5 %.\n");
    rows(&mut text, cells, &rules, true, |cell| format!("{:.2}", cell.alarms_percent()));
    text += "\nSeconds until half and until 90 % of the worse candidates are rolled back, or % that are.\n";
    rows(&mut text, cells, &others, false, time);
    text += "\nBad responses served that the stable release would not have given; in brackets those of a rule with too\n\
             many false alarms to be compared. * no rule serves fewer, = a draw.\n";
    rows(&mut text, cells, &others, false, |cell| served(cells, budget, cell));
    let [won, drawn, lost] = budget.score(cells);
    let _infallible = writeln!(text, "\nThe fewest: {won} scenarios won, {drawn} drawn, {lost} lost.");
    text
}

fn rows(text: &mut String, cells: &Cells, rules: &[&str], healthy: bool, show: impl Fn(&Cell) -> String) {
    let head: String = rules.iter().map(|rule| format!("{rule:>COLUMN$}")).collect();
    let _infallible = writeln!(text, "{:NAME$}{head}", "");
    for row in cells.rule(OURS).filter(|cell| cell.healthy.is_empty() == healthy) {
        let columns = rules.iter().map(|rule| {
            let told = cells.find(&row.scenario, rule).map_or_else(|| "–".to_owned(), &show);
            format!("{told:>COLUMN$}")
        });
        let _infallible = writeln!(text, "{:NAME$}{}", row.scenario, columns.collect::<String>());
    }
}

fn time(cell: &Cell) -> String {
    match (cell.median_s, cell.p90_s) {
        (Some(median), Some(p90)) => format!("{median:.1} / {p90:.1}"),
        (Some(median), None) => format!("{median:.0} / –"),
        _ => format!("{:.0} %", cell.alarms_percent()),
    }
}

fn served(cells: &Cells, budget: &Budget, cell: &Cell) -> String {
    let number = format!("{:.1}", cell.bad_served);
    if cell.rule != OURS {
        return if budget.usable(cells, cell) { number } else { format!("({number})") };
    }
    let mark = match budget.outcome(cells, cell) {
        Outcome::Won => "*",
        Outcome::Draw => "=",
        Outcome::Lost(_) => " ",
    };
    number + " " + mark
}
