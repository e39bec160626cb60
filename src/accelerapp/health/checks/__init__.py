"""The checks of a service. Each looks (asks the outside) and judges (pure) in two functions; `family` lists them."""
