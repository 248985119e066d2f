using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace OCore.Platform.Data.Migrations.Postgres
{
    /// <inheritdoc />
    public partial class FiguresOfAge : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<double>(
                name: "BackupAge",
                table: "MetricSamples",
                type: "double precision",
                nullable: true);

            migrationBuilder.AddColumn<double>(
                name: "CertificateDays",
                table: "MetricSamples",
                type: "double precision",
                nullable: true);

            migrationBuilder.AddColumn<double>(
                name: "Uptime",
                table: "MetricSamples",
                type: "double precision",
                nullable: true);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropColumn(
                name: "BackupAge",
                table: "MetricSamples");

            migrationBuilder.DropColumn(
                name: "CertificateDays",
                table: "MetricSamples");

            migrationBuilder.DropColumn(
                name: "Uptime",
                table: "MetricSamples");
        }
    }
}
