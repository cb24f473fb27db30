//! PNG: a drawing as pixels, with the fonts of the system.
//!
//! Takes in SVG, gives out the bytes of an image, twice as large, in the light scheme.

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{Options, Tree};

use crate::failure::Failure;

/// Pixels for each unit.
const SCALE: f32 = 2.0;

/// Families with the widths by which drawings are laid out, then wider ones.
const FAMILIES: [&str; 6] =
    ["Arial", "Liberation Sans", "Helvetica", "Roboto", "Noto Sans", "DejaVu Sans"];

/// The image of a drawing.
///
/// # Errors
///
/// When the system has no font for its text, or the image does not fit into memory.
pub(crate) fn rendered(svg: &str) -> Result<Vec<u8>, Failure> {
    let mut options = Options::default();
    let fonts = options.fontdb_mut();
    fonts.load_system_fonts();
    let has = |family: &str| {
        fonts.faces().any(|face| face.families.iter().any(|(name, _)| name == family))
    };
    let any = || {
        let first = fonts.faces().flat_map(|face| &face.families).next();
        first.map(|(name, _)| name.clone())
    };
    let family = FAMILIES.iter().find(|family| has(family)).map(|family| (*family).to_owned());
    let Some(family) = family.or_else(any) else {
        return Err(Failure::with_help(
            "there is no font for the text of the picture",
            "install one, such as Liberation Sans, or draw SVG",
        ));
    };
    fonts.set_sans_serif_family(family);
    let failed = |error: String| Failure::new(format!("cannot draw the image: {error}"));
    let tree = Tree::from_str(svg, &options).map_err(|error| failed(error.to_string()))?;
    let size = tree.size().to_int_size().scale_by(SCALE);
    let pixels = size.and_then(|size| Pixmap::new(size.width(), size.height()));
    let mut pixels = pixels.ok_or_else(|| failed("it is too large".to_owned()))?;
    resvg::render(&tree, Transform::from_scale(SCALE, SCALE), &mut pixels.as_mut());
    pixels.encode_png().map_err(|error| failed(error.to_string()))
}

#[cfg(test)]
mod tests {
    use mam::draw::Drawing;
    use mam::{Analysis, Compiler};

    use super::*;

    #[test]
    fn a_drawing_is_an_image_with_its_text() {
        let text = "mam 1\napp notes { ios \"com.example.notes\" sdk }\n\
            policy p { for any protect notes allow share to managed }";
        let checked = Compiler::new().check("notes.mam", text);
        let scope = checked.question("any on ios").expect("a scope");
        let picture = Analysis::new(&checked).expect("no errors").picture(&scope);
        let svg = Drawing::new(&picture.expect("within limits")).svg();
        let Ok(bytes) = rendered(&svg) else {
            // Without a font there is a failure that says so, and never an image without text.
            let mut options = Options::default();
            options.fontdb_mut().load_system_fonts();
            assert!(options.fontdb_mut().is_empty());
            return;
        };
        let with_text = Pixmap::decode_png(&bytes).expect("a PNG");
        let (_, rest) = svg.split_once("height=\"").expect("a height");
        let height: u32 = rest.split('"').next().and_then(|one| one.parse().ok()).expect("units");
        assert_eq!((with_text.width(), with_text.height()), (1_800, 2 * height));
        let without: String = svg
            .lines()
            .filter(|line| !line.starts_with("<text"))
            .map(|line| format!("{line}\n"))
            .collect();
        let without = rendered(&without).and_then(|bytes| {
            Pixmap::decode_png(&bytes).map_err(|error| Failure::new(error.to_string()))
        });
        let Ok(without) = without else { panic!("no image without text") };
        assert_ne!(with_text.data(), without.data());
    }
}
