//! The style sheet of drawings.
//!
//! Plain rules come first: some renderers know no `@media`. Then come the dark ones, and for print the light ones
//! again. There are no variables, which some renderers do not know either. Shape tells what colour tells.

/// Shapes and types, which every scheme shares.
const SHAPES: &str = "\
text{font:13px Arial,'Liberation Sans',Helvetica,Roboto,sans-serif}
.b{font-weight:600}.q{font-weight:400}.s{font-size:12px}.h{font-size:17px;font-weight:600}
.k{font-size:12px;font-weight:600;letter-spacing:.02em}.i{font-size:11px;font-weight:700}
.e{text-anchor:end}.c{text-anchor:middle}
.line,.rail,.wall,.hair,.ghost,.none{fill:none}
.line{stroke-width:2}.l-allow,.l-limit,.l-open{stroke-width:2.4}.l-free{stroke-width:1.4;stroke-dasharray:5 4}
.head{stroke-dasharray:none}.post{stroke-width:3}.ghost{stroke-dasharray:1 4}
.wall,.rail{stroke-width:3}.thin,.hollow{stroke-width:2}.l-leak{stroke-width:4}
.dim path,.dim rect{opacity:.34}.dim .b{font-weight:400}.none{stroke-width:1.4;stroke-dasharray:6 5}
";

/// A scheme: classes, the property that has the colour, and the light and the dark colour.
const COLOURS: &[(&str, &str, &str, &str)] = &[
    (".bg", "fill", "#ffffff", "#12171d"),
    (".t", "fill", "#1b2430", "#e8edf3"),
    (".m", "fill", "#586270", "#a4b0bd"),
    (".area", "fill", "#eaf2fa", "#18293c"),
    (".wall", "stroke", "#1d4e89", "#a9c3e0"),
    (".f-wall", "fill", "#1d4e89", "#a9c3e0"),
    (".none", "stroke", "#6b7480", "#97a3b0"),
    (".card", "fill", "#ffffff", "#1b222b"),
    (".mdm", "fill", "#f0f2f4", "#161c24"),
    (".card,.rail", "stroke", "#7c8896", "#738293"),
    (".hair", "stroke", "#c9d0d8", "#3b4652"),
    (".ghost", "stroke", "#6b7480", "#97a3b0"),
    (".l-allow", "stroke", "#1f5fae", "#7db3f2"),
    (".f-allow", "fill", "#1f5fae", "#7db3f2"),
    (".l-limit", "stroke", "#8a4b00", "#f0b866"),
    (".f-limit", "fill", "#8a4b00", "#f0b866"),
    (".l-open", "stroke", "#a83e00", "#ff9d5c"),
    (".f-open", "fill", "#a83e00", "#ff9d5c"),
    (".l-block", "stroke", "#3c4654", "#c3ccd6"),
    (".f-block", "fill", "#3c4654", "#c3ccd6"),
    (".hollow", "stroke", "#3c4654", "#c3ccd6"),
    (".hollow", "fill", "#ffffff", "#12171d"),
    (".l-free", "stroke", "#6b7480", "#97a3b0"),
    (".l-leak", "stroke", "#b3261e", "#ff8f85"),
    (".f-leak", "fill", "#b3261e", "#ff8f85"),
    (".dim .t,.dim .f-limit", "fill", "#586270", "#a4b0bd"),
    (".chip", "fill", "#586270", "#a4b0bd"),
    (".i", "fill", "#ffffff", "#12171d"),
];

/// The style sheet.
pub(super) fn sheet() -> String {
    let rules = |dark: bool| -> String {
        let rule = |(class, property, light, other): &(&str, &str, &str, &str)| {
            format!("{class}{{{property}:{}}}\n", if dark { other } else { light })
        };
        COLOURS.iter().map(rule).collect()
    };
    let (light, dark) = (rules(false), rules(true));
    format!(
        "{SHAPES}{light}@media (prefers-color-scheme:dark){{\n{dark}}}\n@media print{{\n{light}}}\n"
    )
}
