//! The growth of decisions as a picture: time by number of rules, both logarithmic.
//!
//! Takes in what a run printed, gives out SVG.

use plotters::prelude::*;

/// Of `mam` itself.
const OWN: RGBColor = RGBColor(0xd6, 0x27, 0x18);

/// Of the others, in their order; all of them dark enough for text.
const OTHERS: [RGBColor; 7] = [
    RGBColor(0x44, 0x44, 0x44),
    RGBColor(0x00, 0x72, 0xb2),
    RGBColor(0xa8, 0x2d, 0x95),
    RGBColor(0x6b, 0x6b, 0x00),
    RGBColor(0x8a, 0x5a, 0x2b),
    RGBColor(0x00, 0x75, 0x66),
    RGBColor(0x5b, 0x54, 0xc9),
];

/// A line of the picture.
struct Curve {
    name: String,
    /// Rules, and nanoseconds.
    points: Vec<(f64, f64)>,
}

/// Reads the tables of a run.
fn curves(text: &str) -> Vec<Curve> {
    let mut found: Vec<Curve> = Vec::new();
    let mut rules = 0.0;
    for line in text.lines() {
        if let Some((number, _)) = line.split_once(" rules, ") {
            rules = number.parse().unwrap_or(0.0);
        }
        let cells: Vec<_> = line.split('|').map(str::trim).collect();
        let [_, name, time, _, _, heap, _] = cells.as_slice() else { continue };
        let (Some(time), true) = (nanoseconds(time), heap.ends_with("iB")) else { continue };
        let name = name.split(" (").next().unwrap_or(name).to_owned();
        match found.iter_mut().find(|curve| curve.name == name) {
            Some(curve) => curve.points.push((rules, time)),
            None => found.push(Curve { name, points: vec![(rules, time)] }),
        }
    }
    found
}

fn nanoseconds(text: &str) -> Option<f64> {
    let (number, unit) = text.split_once(' ')?;
    let factor = match unit {
        "ns" => 1.0,
        "µs" => 1e3,
        "ms" => 1e6,
        "s" => 1e9,
        _ => return None,
    };
    Some(number.parse::<f64>().ok()? * factor)
}

fn axis(nanoseconds: &f64) -> String {
    match *nanoseconds {
        ns if ns < 1e3 => format!("{ns:.0} ns"),
        ns if ns < 1e6 => format!("{:.0} µs", ns / 1e3),
        ns => format!("{:.0} ms", ns / 1e6),
    }
}

/// Draws what a run printed.
pub fn draw(text: &str, path: &str) -> Result<(), Box<dyn std::error::Error>> {
    let curves = curves(text);
    let root = SVGBackend::new(path, (860, 520)).into_drawing_area();
    root.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(&root)
        .caption("Time of a decision by number of rules", ("sans-serif", 20))
        .margin(12)
        .margin_right(190)
        .x_label_area_size(44)
        .y_label_area_size(70)
        .build_cartesian_2d((10.0..10_000.0_f64).log_scale(), (1.0..1e8_f64).log_scale())?;
    chart
        .configure_mesh()
        .x_desc("rules")
        .x_label_formatter(&|rules| format!("{rules:.0}"))
        .y_label_formatter(&axis)
        .light_line_style(TRANSPARENT)
        .bold_line_style(BLACK.mix(0.12))
        .label_style(("sans-serif", 14))
        .draw()?;
    let mut labels: Vec<(i32, i32, String, RGBAColor)> = Vec::new();
    let mut others = OTHERS.iter().cycle();
    for curve in &curves {
        let own = curve.name.starts_with("mam");
        let color = if own { &OWN } else { others.next().unwrap_or(&BLACK) };
        let (color, width) = (color.to_rgba(), if own { 3 } else { 2 });
        let style = color.stroke_width(width);
        chart.draw_series(LineSeries::new(curve.points.iter().copied(), style))?;
        let dots = curve.points.iter().map(|point| Circle::new(*point, 3, color.filled()));
        chart.draw_series(dots)?;
        if let Some(last) = curve.points.last() {
            let (x, y) = chart.backend_coord(last);
            labels.push((x + 10, y - 7, curve.name.clone(), color));
        }
    }
    // From the top down, none on another.
    labels.sort_by_key(|(_, y, ..)| *y);
    let mut free = 0;
    for (x, y, name, color) in labels {
        let y = y.max(free);
        free = y + 17;
        let style = ("sans-serif", 14).into_font().color(&color);
        root.draw(&Text::new(name, (x, y), style))?;
    }
    root.present()?;
    Ok(())
}
