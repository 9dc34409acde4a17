//! How is a sweep shown? One page with its plots.

use std::borrow::Cow;
use std::collections::BTreeMap;

use minijinja::value::Serde;
use serde_json::{Value, json};

use super::complaints::Bilingual;
use super::html::{STYLE, environment};
use super::svg::{Dot, bars, heat_map, scatter};
use super::table::number;
use crate::error::EvaluationError;
use crate::sweep::{CellResult, Decision, SweepReport, value};

const TEMPLATE: &str = include_str!("sweep.html.jinja");
/// What the heat map is drawn over, where both were tried.
const USUAL_AXES: [&str; 2] = ["retrieval.dense_weight", "index.max_tokens"];

fn both(ko: impl Into<Cow<'static, str>>, en: impl Into<Cow<'static, str>>) -> Bilingual {
    Bilingual { ko: ko.into(), en: en.into() }
}

/// The page. `latencies` are milliseconds of the cells, where they are known.
pub fn sweep_page(report: &SweepReport, latencies: &BTreeMap<usize, f64>) -> Result<String, EvaluationError> {
    let fail =
        |error: minijinja::Error| EvaluationError::Usage(format!("the page cannot be made: {error:#}"));
    let environment = environment("sweep.html", TEMPLATE).map_err(fail)?;
    let choice = &report.choice;
    let (headline, tone) = match choice.decision {
        Decision::Better => {
            (both("지금 설정보다 나은 조합을 찾았습니다.", "A better combination was found."), "good")
        }
        Decision::Cheaper => (
            both("품질은 같고 더 싼 조합을 찾았습니다.", "An equally good, cheaper combination was found."),
            "good",
        ),
        Decision::Stay => (both("지금 설정을 그대로 둡니다.", "The present settings stay."), ""),
    };
    let facts = [
        (both("가장 좋은 조합", "best cell"), name_of(report, choice.winner)),
        (both("고를 때 쓴 질문에서", "on the questions it was chosen on"), number(choice.optimistic)),
        (both("고를 때 쓰지 않은 질문에서", "on questions it was not chosen on"), number(choice.nested)),
        (both("지금 설정", "present settings"), number(choice.present)),
        (both("이유", "why"), choice.why.clone()),
    ];
    let mut rows = report.table();
    let head = if rows.is_empty() { Vec::new() } else { rows.remove(0) };
    let rows: Vec<Value> = rows
        .into_iter()
        .enumerate()
        .map(|(at, cells)| json!({ "marked": at == choice.winner, "cells": cells }))
        .collect();
    let page = json!({
        "suite": report.suite(),
        "style": STYLE,
        "headline": headline,
        "tone": tone,
        "facts": facts,
        "plots": plots(report, latencies),
        "cells_title": both("모든 조합", "All cells"),
        "head": head,
        "rows": rows,
    });
    environment.get_template("sweep.html").and_then(|template| template.render(Serde(&page))).map_err(fail)
}

fn name_of(report: &SweepReport, cell: usize) -> String {
    let settings = report.axes().iter().map(|axis| format!("{axis} = {}", value(&report.cells[cell], axis)));
    let settings = settings.collect::<Vec<_>>().join(", ");
    if cell == 0 { format!("present ({settings})") } else { format!("{cell} ({settings})") }
}

fn plots(report: &SweepReport, latencies: &BTreeMap<usize, f64>) -> Vec<Value> {
    let measure = report.measure();
    let mean = |cell: &CellResult| cell.means.get(measure).copied().unwrap_or(0.0);
    let dot = |at: usize, x: f64| Dot {
        x,
        y: mean(&report.cells[at]),
        name: if at == 0 { "present".to_owned() } else { at.to_string() },
        marked: at == 0 || at == report.choice.winner,
    };
    let mut plots = Vec::new();
    let mut add = |title: Bilingual, svg: String| plots.push(json!({ "title": title, "svg": svg }));
    if let Some([across, down]) = heat_axes(report) {
        let title = both(format!("{measure}: {across} × {down}"), format!("{measure}: {across} × {down}"));
        let (columns, rows) = (values_of(report, across), values_of(report, down));
        // Of the cells that share both values, the best: what these two allow.
        let best = |row: usize, column: usize| {
            let here =
                |cell: &&CellResult| value(cell, across) == columns[column] && value(cell, down) == rows[row];
            report.cells.iter().filter(here).map(mean).max_by(f64::total_cmp)
        };
        add(title, heat_map(measure, &columns, &rows, &best));
    }
    let timed: Vec<Dot> = latencies.iter().map(|(at, ms)| dot(*at, *ms)).collect();
    if !timed.is_empty() {
        add(both("품질과 속도", "Quality against latency"), scatter("latency", "ms (p50)", measure, &timed));
    }
    let read: Vec<Dot> = (0..report.cells.len()).map(|at| dot(at, report.cells[at].passage_tokens)).collect();
    add(
        both("품질과 비용(읽는 토큰)", "Quality against cost (tokens read)"),
        scatter("cost", "tokens", measure, &read),
    );
    let (present, winner) = (&report.cells[0], &report.cells[report.choice.winner]);
    let of_tag = |(tag, means): (&String, &BTreeMap<String, f64>)| {
        Some((tag.clone(), *means.get(measure)?, *winner.tags.get(tag)?.get(measure)?))
    };
    let by_tag: Vec<_> = present.tags.iter().filter_map(of_tag).collect();
    if !by_tag.is_empty() {
        add(
            both("질문 종류별: 지금(회색), 고른 조합(파랑)", "By kind: present (grey), chosen (blue)"),
            bars(measure, &by_tag),
        );
    }
    plots
}

/// Two settings that were tried with several values.
fn heat_axes(report: &SweepReport) -> Option<[&str; 2]> {
    let varied: Vec<&str> =
        report.axes().iter().map(String::as_str).filter(|axis| values_of(report, axis).len() > 1).collect();
    if USUAL_AXES.iter().all(|axis| varied.contains(axis)) {
        return Some(USUAL_AXES);
    }
    match varied[..] {
        [first, second, ..] => Some([first, second]),
        _ => None,
    }
}

/// The values that a setting has in the cells, in their order.
fn values_of(report: &SweepReport, axis: &str) -> Vec<String> {
    let mut values: Vec<String> = report.cells.iter().map(|cell| value(cell, axis)).collect();
    values.sort_by(|a, b| match (a.parse::<f64>(), b.parse::<f64>()) {
        (Ok(a), Ok(b)) => a.total_cmp(&b),
        _ => a.cmp(b),
    });
    values.dedup();
    values
}
