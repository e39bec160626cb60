"""The page as files: HTML, Statuspage v2 JSON, feeds and the stylesheet, all made from one scene."""
