//! Plots as SVG within a page.

use std::fmt::Write;

use super::html::escaped;

const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 320.0;
const LEFT: f64 = 90.0;
const BOTTOM: f64 = 40.0;
const TOP: f64 = 16.0;
const RIGHT: f64 = 16.0;

fn svg(height: f64, label: &str, body: &str) -> String {
    let label = escaped(label);
    format!("<svg viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" aria-label=\"{label}\">{body}</svg>")
}

fn text(x: f64, y: f64, anchor: &str, words: &str) -> String {
    format!("<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{}</text>", escaped(words))
}

/// From the smallest to the largest value, with some room where all are one.
fn range(values: impl Iterator<Item = f64>) -> (f64, f64) {
    let (low, high) =
        values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)));
    match (low.is_finite(), high > low) {
        (false, _) => (0.0, 1.0),
        (true, true) => (low, high),
        (true, false) => (low - 0.5, high + 0.5),
    }
}

/// A coloured field for each pair: darker is better. A pair that was not tried stays empty.
pub(super) fn heat_map(
    label: &str,
    columns: &[String],
    rows: &[String],
    value: &dyn Fn(usize, usize) -> Option<f64>,
) -> String {
    let all = (0..rows.len()).flat_map(|row| (0..columns.len()).filter_map(move |column| value(row, column)));
    let (low, high) = range(all);
    let (wide, high_field) = ((WIDTH - LEFT - RIGHT) / columns.len().max(1) as f64, 36.0);
    let mut body = String::new();
    for (at, name) in columns.iter().enumerate() {
        body += &text(LEFT + wide * (at as f64 + 0.5), TOP, "middle", name);
    }
    for (row, name) in rows.iter().enumerate() {
        let y = TOP + 8.0 + high_field * row as f64;
        body += &text(LEFT - 8.0, y + high_field / 2.0 + 4.0, "end", name);
        for column in 0..columns.len() {
            let Some(value) = value(row, column) else { continue };
            let share = (value - low) / (high - low);
            let x = LEFT + wide * column as f64;
            let _infallible = write!(
                body,
                "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{:.1}\" height=\"{:.1}\" fill=\"#2e90fa\" fill-opacity=\"{:.2}\"/>",
                wide - 2.0,
                high_field - 2.0,
                0.08 + 0.82 * share
            );
            body += &text(x + wide / 2.0, y + high_field / 2.0 + 4.0, "middle", &format!("{value:.3}"));
        }
    }
    svg(TOP + 16.0 + high_field * rows.len() as f64, label, &body)
}

/// A dot of a plot.
pub(super) struct Dot {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) name: String,
    pub(super) marked: bool,
}

/// Dots over two axes, with the names of those that are marked.
pub(super) fn scatter(label: &str, x_name: &str, y_name: &str, dots: &[Dot]) -> String {
    let ((x_low, x_high), (y_low, y_high)) =
        (range(dots.iter().map(|d| d.x)), range(dots.iter().map(|d| d.y)));
    let x = |value: f64| LEFT + (value - x_low) / (x_high - x_low) * (WIDTH - LEFT - RIGHT - 20.0) + 10.0;
    let y = |value: f64| {
        HEIGHT - BOTTOM - (value - y_low) / (y_high - y_low) * (HEIGHT - BOTTOM - TOP - 20.0) - 10.0
    };
    let mut body = format!(
        "<path d=\"M{LEFT} {TOP}V{:.1}H{:.1}\" fill=\"none\" stroke=\"#98a2b3\"/>",
        HEIGHT - BOTTOM,
        WIDTH - RIGHT
    );
    for value in [x_low, x_high] {
        body += &text(x(value), HEIGHT - BOTTOM + 16.0, "middle", &short(value));
    }
    for value in [y_low, y_high] {
        body += &text(LEFT - 8.0, y(value) + 4.0, "end", &short(value));
    }
    body += &text(WIDTH / 2.0, HEIGHT - 6.0, "middle", x_name);
    body += &text(LEFT + 4.0, TOP + 4.0, "start", y_name);
    for dot in dots {
        let (colour, size) = if dot.marked { ("#f04438", 6) } else { ("#2e90fa", 4) };
        let _infallible = write!(
            body,
            "<circle cx=\"{:.1}\" cy=\"{:.1}\" r=\"{size}\" fill=\"{colour}\" fill-opacity=\".75\"><title>{}</title></circle>",
            x(dot.x),
            y(dot.y),
            escaped(&dot.name)
        );
        if dot.marked {
            body += &text(x(dot.x), y(dot.y) - 9.0, "middle", &dot.name);
        }
    }
    svg(HEIGHT, label, &body)
}

fn short(value: f64) -> String {
    if value.abs() >= 100.0 { format!("{value:.0}") } else { format!("{value:.3}") }
}

/// Two bars for each name, between 0 and 1.
pub(super) fn bars(label: &str, rows: &[(String, f64, f64)]) -> String {
    let left = 150.0;
    let mut body = String::new();
    for (at, (name, first, second)) in rows.iter().enumerate() {
        let y = TOP + 30.0 * at as f64;
        body += &text(left - 8.0, y + 14.0, "end", name);
        for (value, colour, below) in [(first, "#98a2b3", 0.0), (second, "#2e90fa", 11.0)] {
            let wide = (WIDTH - left - 70.0) * value.clamp(0.0, 1.0);
            let _infallible = write!(
                body,
                "<rect x=\"{left}\" y=\"{:.1}\" width=\"{wide:.1}\" height=\"10\" fill=\"{colour}\"/>",
                y + below
            );
            body += &text(left + wide + 6.0, y + below + 10.0, "start", &format!("{value:.3}"));
        }
    }
    svg(TOP + 30.0 * rows.len() as f64 + 8.0, label, &body)
}

#[cfg(test)]
mod tests {
    use super::{Dot, bars, heat_map, scatter};

    #[test]
    fn every_plot_is_well_formed_and_shows_what_it_was_given() {
        let names = ["a<b".to_owned(), "c&d".to_owned()];
        let dots = [(1.0, 0.5), (1.0, 0.5)].map(|(x, y)| Dot { x, y, name: "\"x\"".into(), marked: true });
        let plots = [
            (heat_map("h", &names, &names, &|row, column| (row != column).then_some(0.25)), "0.250"),
            (heat_map("none", &[], &[], &|_, _| None), "svg"),
            (scatter("s", "ms", "AP", &dots), "&quot;x&quot;"),
            (scatter("none", "x", "y", &[]), "svg"),
            (bars("b", &[("한글".into(), 0.5, 1.5)]), "1.500"),
        ];
        for (plot, needle) in plots {
            assert!(plot.contains(needle) && !plot.contains("NaN") && !plot.contains("inf"), "{plot}");
            let parsed = plot.matches('<').count() == plot.matches('>').count();
            assert!(
                parsed && plot.starts_with("<svg ") && plot.ends_with("</svg>") && !plot.contains("a<b"),
                "{plot}"
            );
        }
    }
}
