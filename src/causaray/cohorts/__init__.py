"""Where studies come from: tables and folders of images, read, split by patient and prepared for training."""

from causaray.cohorts.cohort import Cohort, open_cohorts
from causaray.cohorts.columns import Columns
from causaray.cohorts.prepare import prepare
from causaray.cohorts.reader import read_studies
from causaray.cohorts.splits import split_patients

__all__ = ["Cohort", "Columns", "open_cohorts", "prepare", "read_studies", "split_patients"]
