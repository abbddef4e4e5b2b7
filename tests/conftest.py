"""What every test can ask for by name."""

pytest_plugins = ["tests.databases", "tests.fake_x.fixtures", "tests.postgres", "tests.underway"]
