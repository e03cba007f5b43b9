"""Sphinx builds these pages: `make docs`."""

project = "Valence Detector"
author = copyright = "the authors of the Valence Detector"
extensions = ["myst_parser"]
myst_heading_anchors = 3
html_theme = "alabaster"
html_theme_options = {
    "description": "How positive or negative faces look, moment by moment.",
    "page_width": "1080px",
    "fixed_sidebar": True,
    "font_family": "system-ui, sans-serif",
    "head_font_family": "system-ui, sans-serif",
}
html_static_path = ["_static"]
html_css_files = ["own.css"]
html_show_copyright = False
html_show_sourcelink = False
