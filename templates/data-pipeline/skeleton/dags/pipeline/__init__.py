"""What the DAG does, without Airflow."""
