//! Documents the tests make.
use lopdf::{Dictionary, Document, Object, Stream, dictionary};

/// A document with one page for each of these contents, 200 by 100 points, and Helvetica as the font `F1`.
pub(crate) fn document(contents: &[&str], more: Dictionary) -> Document {
    let mut pdf = Document::with_version("1.5");
    let pages = pdf.new_object_id();
    let font =
        pdf.add_object(dictionary! { "Type" => "Font", "Subtype" => "Type1", "BaseFont" => "Helvetica" });
    let kids: Vec<Object> = contents
        .iter()
        .map(|content| {
            let content = pdf.add_object(Stream::new(Dictionary::new(), content.as_bytes().to_vec()));
            let page = dictionary! { "Type" => "Page", "Parent" => pages, "Contents" => content };
            pdf.add_object(page).into()
        })
        .collect();
    let count = i64::try_from(kids.len()).unwrap();
    let mut tree = dictionary! {
        "Type" => "Pages", "Kids" => kids, "Count" => count,
        "MediaBox" => vec![0.into(), 0.into(), 200.into(), 100.into()],
        "Resources" => dictionary! { "Font" => dictionary! { "F1" => font } },
    };
    tree.extend(&more);
    pdf.objects.insert(pages, Object::Dictionary(tree));
    let root = pdf.add_object(dictionary! { "Type" => "Catalog", "Pages" => pages });
    pdf.trailer.set("Root", root);
    pdf
}

/// A document as a file.
pub(crate) fn bytes(mut pdf: Document) -> Vec<u8> {
    let mut bytes = Vec::new();
    pdf.save_to(&mut bytes).unwrap();
    bytes
}

/// Documents that would take all memory or all time.
pub(crate) fn endless() -> Vec<(&'static str, Vec<u8>)> {
    let with = |content: &str, name: &str, object: Stream| {
        let mut pdf = document(&[content], Dictionary::new());
        let id = pdf.add_object(object);
        // What draws itself needs to know its own name.
        let resources = dictionary! { "XObject" => dictionary! { name => id } };
        if let Ok(Object::Stream(form)) = pdf.get_object_mut(id) {
            form.dict.set("Resources", resources.clone());
        }
        let page = pdf.page_iter().next().unwrap();
        pdf.get_dictionary_mut(page).unwrap().set("Resources", resources);
        bytes(pdf)
    };
    let form = |content: &str| {
        let around: Vec<Object> = vec![0.into(), 0.into(), 200.into(), 100.into()];
        let about = dictionary! { "Type" => "XObject", "Subtype" => "Form", "BBox" => around };
        Stream::new(about, content.as_bytes().to_vec())
    };
    let image = dictionary! {
        "Type" => "XObject", "Subtype" => "Image", "Width" => 60_000, "Height" => 60_000,
        "ColorSpace" => "DeviceRGB", "BitsPerComponent" => 8,
    };
    let zeros = {
        let mut stream = Stream::new(Dictionary::new(), vec![b' '; 300_000_000]);
        stream.compress().unwrap();
        stream
    };
    let mut packed = document(&[""], Dictionary::new());
    let content = packed.add_object(zeros);
    let page = packed.page_iter().next().unwrap();
    packed.get_dictionary_mut(page).unwrap().set("Contents", content);
    vec![
        ("a form that draws itself", with("/A Do", "A", form("/A Do /A Do"))),
        (
            "a picture of 60,000 by 60,000",
            with("200 0 0 100 0 0 cm /A Do", "A", Stream::new(image, vec![0; 900])),
        ),
        ("a million states", bytes(document(&["q ".repeat(1_000_000).as_str()], Dictionary::new()))),
        (
            "a million layers of lines",
            bytes(document(&["0 0 m 200 100 l S ".repeat(1_000_000).as_str()], Dictionary::new())),
        ),
        ("300 MB that are packed", bytes(packed)),
        ("an array in an array", bytes(document(&["[".repeat(1_000_000).as_str()], Dictionary::new()))),
    ]
}
